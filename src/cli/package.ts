// kronos package: the parts of a host as packages that apt and dnf install.
import type { Command } from 'commander';
import type { PackageFormat } from '../builder/package/package.ts';
import { addCommonOptions, createSubCommand } from './options.ts';
import { createComponentCommand } from './package/component.ts';
import type { CommonOptions, Outcome, Runner, Session } from './session.ts';

interface PackageOptions extends CommonOptions {
  out: string;
  version?: string;
  key?: string;
  only?: string[];
}

const FORMATS = {
  deb: { tool: 'dpkg-deb', systems: 'Debian and Ubuntu' },
  rpm: { tool: 'rpmbuild', systems: 'the Red Hat family' },
} as const;

/** Defines `kronos package` and what is below it. */
export function createCommand(run: Runner): Command {
  return createSubCommand(
    'package',
    'Makes packages that turn a running server into a Xen host: kronos, kronos-installer, kronos-firstboot, xcp-host, xcp-xl, xcp-xapi and, with a key, kronos-archive-keyring.',
    ['kronos package deb', 'kronos package deb --only xcp-xl xcp-host kronos-firstboot'],
  )
    .addCommand(createFormat('deb', run).summary('make .deb packages'))
    .addCommand(createFormat('rpm', run).summary('make .rpm packages'))
    .addCommand(
      createComponentCommand(run).summary('make packages of a file tree or of .rpm files'),
    );
}

function createFormat(format: PackageFormat, run: Runner): Command {
  const { tool, systems } = FORMATS[format];
  const command = createSubCommand(
    format,
    `Makes .${format} packages for ${systems} with ${tool}. The same sources give the same bits; the time of all files is SOURCE_DATE_EPOCH, or the date of the lock of debian-13.`,
    [`kronos package ${format}`, `kronos package ${format} --only xcp-host xcp-xl --out out/host`],
  )
    .option('--out <DIR>', 'where they go', 'out/packages')
    .option('--version <VERSION>', 'their version (default: that of Kronos)')
    .option('--key <FINGERPRINT>', 'make kronos-archive-keyring of this key in your gpg keyring')
    .option('--only <NAME...>', 'only these packages');
  return addCommonOptions(command).action((options: PackageOptions) =>
    run(options, (session) => make(format, options, rootOf(command), session)),
  );
}

/** The whole command line. */
function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

async function make(
  format: PackageFormat,
  options: PackageOptions,
  program: Command,
  session: Session,
): Promise<Outcome> {
  const { manuals } = await import('./manuals.ts');
  const { makePackages } = await import('../builder/package/package.ts');
  const { leftPaths } = await import('../firstboot/xapi/prepare/paths.ts');
  const { out, version, key, only } = options;
  const packages = await session.show({ title: `Making .${format} packages` }, async (observer) =>
    makePackages({
      ...{ format, out, version, key, only, observer, signal: session.signal },
      manuals: manuals(program),
      xapiPaths: leftPaths(),
    }),
  );
  const lines = packages.map(({ file }) => file);
  if (key === undefined && only === undefined)
    lines.push('kronos-archive-keyring was left out: no --key names the key of a repository');
  return { json: { packages, keyring: key !== undefined }, text: lines.join('\n') };
}
