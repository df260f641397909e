// A definition as an .rpm: the spec file from packaging/rpm, the archive by rpmbuild. Names and files are those of the .deb.
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { KronosError } from '../../common/error.ts';
import { run } from '../../common/process.ts';
import { withTemporaryDirectory } from '../../common/files.ts';
import { validate } from '../../common/validate.ts';
import { loadYaml } from '../../common/yaml.ts';
import { wrap } from '../../host/select/text.ts';
import { parseRelations } from '../apt/relations.ts';
import { rpmDefines } from '../rpm-options.ts';
import { copyright } from './deb.ts';
import type { PackageDefinition, PackageFile } from './definition.ts';
import type { Maker } from './maker.ts';
import { settleTree, stageFiles } from './stage.ts';

/** Debian's name of a package to that of the Red Hat family; empty: they have none. */
export type RpmNames = Readonly<Record<string, string>>;

const namesSchema = z.strictObject({ rpm: z.record(z.string(), z.string()) });

/** Reads packaging/names.yaml. Errors: those of loadYaml and validate. */
export async function readRpmNames(file: string): Promise<RpmNames> {
  return validate(namesSchema, loadYaml(await readFile(file, 'utf8'), file), 'names').rpm;
}

/**
 * A relation in rpm's words: `nodejs (>= 18.19)` is `nodejs >= 18.19`, `a | b` is `(a or b)`; undefined where the Red Hat
 * family has nothing of it. Errors: `internal/rpm-name` for a package that the table does not have.
 */
export function rpmRelation(relation: string, names: RpmNames): string | undefined {
  const alternatives = parseRelations(relation).flatMap((group) =>
    group.flatMap(({ name, operator, version = '' }) => {
      const translated = names[name];
      if (translated === undefined) {
        throw new KronosError('internal/rpm-name', `packaging/names.yaml has no name for ${name}`);
      }
      if (translated === '') return [];
      return operator === undefined ? translated : `${translated} ${operator} ${version}`;
    }),
  );
  const different = [...new Set(alternatives)];
  return different.length > 1 ? `(${different.join(' or ')})` : different[0];
}

/** Directories that every system has; all others belong to the package, or they would be left behind. */
const SYSTEM_DIRECTORIES = new Set([
  ...['/', '/etc', '/etc/default', '/usr', '/usr/bin', '/usr/lib', '/usr/share'],
  ...['/usr/lib/systemd', '/usr/lib/systemd/system', '/usr/lib/modules-load.d'],
  ...['/usr/lib/udev', '/usr/lib/udev/rules.d', '/usr/share/doc', '/usr/share/licenses'],
  ...['/usr/share/man', '/usr/share/man/man1', '/usr/share/man/man8'],
  ...['/usr/share/bash-completion', '/usr/share/bash-completion/completions'],
]);

/** The files of a package with what rpm wants to have: its licence. */
export function rpmFiles(definition: PackageDefinition, maker: Maker): PackageFile[] {
  const directory = `/usr/share/licenses/${definition.name}`;
  const text = copyright(definition, maker, 'rpm');
  return [
    ...definition.files,
    { path: `${directory}/copyright`, mode: 0o644, text },
    { path: `${directory}/COPYING`, mode: 0o644, source: maker.copying },
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What files are by their place. */
const KINDS: readonly [string, string][] = [
  ['/etc/', '%config(noreplace) '],
  ['/usr/share/licenses/', '%license '],
  ['/usr/share/man/', '%doc '],
];

/** Lines of %files. */
export function fileLines(files: readonly PackageFile[]): { attributes: string; path: string }[] {
  const directories = new Set<string>();
  for (const { path } of files) {
    for (let parent = dirname(path); !SYSTEM_DIRECTORIES.has(parent); parent = dirname(parent))
      directories.add(parent);
  }
  const lines = [...directories].map((path) => ({
    attributes: '%dir %attr(0755,root,root)',
    path,
  }));
  for (const { path, mode } of files) {
    const [, kind = ''] = KINDS.find(([prefix]) => path.startsWith(prefix)) ?? [];
    lines.push({ attributes: `${kind}%attr(0${mode.toString(8)},root,root)`, path });
  }
  return lines.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The spec file. */
export function renderSpec(
  definition: PackageDefinition,
  files: readonly PackageFile[],
  names: RpmNames,
  maker: Maker,
): string {
  const { name, summary, relations, actions, units, purge, purgeUnowned = [] } = definition;
  const { version, maintainer } = maker;
  const fields = [
    ['Requires', relations.depends],
    ['Recommends', relations.recommends ?? []],
    ['Suggests', relations.suggests ?? []],
    ['Conflicts', relations.conflicts ?? []],
  ] as const;
  const variables = {
    ...{ name, units, purge, unowned: purgeUnowned, toolstack: actions.toolstack === true },
    ...{ grub: actions.grub === true, adopt: actions.adopt === true },
  };
  const acts = units.length > 0 || variables.grub || variables.adopt;
  const script = (file: string, wanted: boolean): string =>
    wanted ? escapeMacros(maker.render(`rpm/${file}.hbs`, variables).trimEnd()) : '';
  return maker.render('rpm/package.spec.hbs', {
    ...{ name, version, maintainer },
    summary: `${summary.charAt(0).toUpperCase()}${summary.slice(1)}`,
    relations: fields.flatMap(([field, list]) =>
      [...new Set(list.flatMap((relation) => rpmRelation(relation, names) ?? []))].map((value) => ({
        ...{ field, value },
      })),
    ),
    scriptRelations: scriptRelations(definition),
    description: definition.description.map((text) => wrap(text, 78).join('\n')).join('\n\n'),
    files: fileLines(files),
    post: script('post', acts),
    preun: script('preun', variables.adopt || units.length > 0),
    postun: script('postun', variables.grub || purge.length + purgeUnowned.length > 0),
    date: changeDate(maker.epoch),
  });
}

/**
 * What scriptlets call has to be there before them, and to go after them: in the order of a transaction nothing else says so,
 * and in an empty root nothing is there.
 */
function scriptRelations(definition: PackageDefinition): string[] {
  const { actions, units, purge, purgeUnowned = [] } = definition;
  const manager = units.length > 0 ? ['systemd'] : [];
  const menu = actions.grub === true ? ['coreutils', 'grep', 'sed'] : [];
  // Which takes its lock by flock; Debian has util-linux always.
  const program = actions.adopt === true ? ['kronos-firstboot', 'util-linux'] : [];
  const removing = purge.length + purgeUnowned.length > 0 ? ['coreutils'] : [];
  const phases = [
    ['post', [...manager, ...menu, ...program]],
    ['preun', [...manager, ...program, ...(actions.toolstack === true ? ['grep'] : [])]],
    ['postun', [...menu, ...removing]],
  ] as const;
  return [
    ...phases.flatMap(([phase, names]) =>
      [...new Set(names)].map((name) => `Requires(${phase}): ${name}`),
    ),
    ...(actions.grub === true ? ['OrderWithRequires: grub2-tools'] : []),
  ];
}

function escapeMacros(text: string): string {
  return text.replaceAll('%', '%%');
}

/** `Thu Nov 26 2026`. */
function changeDate(epoch: number): string {
  const [day = '', number = '', month = '', year = ''] = new Date(epoch * 1000)
    .toUTCString()
    .split(/,? /);
  return `${day} ${month} ${number} ${year}`;
}

/** Makes `OUT/NAME-VERSION-1.noarch.rpm` and returns its path. Errors: those of rpmbuild and of the file system. */
export async function makeRpm(
  definition: PackageDefinition,
  names: RpmNames,
  maker: Maker,
): Promise<string> {
  const { epoch, out, version } = maker;
  const base = `${definition.name}-${version}-1.noarch.rpm`;
  const target = join(out, base);
  await withTemporaryDirectory(out, async (scratch) => {
    const staged = join(scratch, 'root');
    const files = rpmFiles(definition, maker);
    await stageFiles(staged, files);
    await settleTree(staged, epoch);
    const spec = join(scratch, 'package.spec');
    await writeFile(spec, renderSpec(definition, files, names, maker));
    const home = join(scratch, 'home');
    await mkdir(home);
    const macros = {
      ...{ _topdir: join(scratch, 'rpm'), _rpmdir: join(scratch, 'made'), kronos_staged: staged },
      // What would tell the machine and the day.
      ...{ _buildhost: 'kronos', use_source_date_epoch_as_buildtime: '1' },
      ...{ clamp_mtime_to_source_date_epoch: '1', source_date_epoch_from_changelog: '0' },
      // Readable from CentOS 7 on; one thread, because several cut the stream elsewhere.
      ...{ _binary_payload: 'w6.xzdio', _build_name_fmt: '%%{NAME}.rpm', _smp_mflags: '-j1' },
    };
    const options = ['-bb', '--quiet', '--target', 'noarch', ...rpmDefines(macros)];
    await run(['rpmbuild', ...options, spec], {
      // The macros of the person who builds are not ours.
      environment: { HOME: home, SOURCE_DATE_EPOCH: String(epoch) },
      extendEnvironment: true,
      signal: maker.signal,
    });
    const made = join(scratch, 'made', `${definition.name}.rpm`);
    await chmod(made, 0o644);
    await rename(made, target);
  });
  return target;
}
