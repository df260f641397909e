// A definition as a .deb: control files from packaging/deb, the archive by dpkg-deb.
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFiles, withTemporaryDirectory } from '../../common/files.ts';
import { run } from '../../common/process.ts';
import { wrap } from '../../host/select/text.ts';
import { md5Line } from '../md5sums.ts';
import { ONE_THREAD } from '../packages/control.ts';
import {
  SHEBANG,
  type LintException,
  type PackageDefinition,
  type PackageFile,
} from './definition.ts';
import { mergeLicences, shortenLicences } from './licences.ts';
import type { Maker } from './maker.ts';
import { installedSize, settleTree, stageFiles } from './stage.ts';

/** Width of a description and of comments. */
const WIDTH = 78;

/** A maintainer script or another file of the control archive. */
export interface ControlFile {
  name: string;
  mode: number;
  text: string;
}

/** The files of a package with what Debian wants to have in every one. */
export function debFiles(definition: PackageDefinition, maker: Maker): PackageFile[] {
  const { name, exceptions = [] } = definition;
  const doc = `/usr/share/doc/${name}`;
  const { version, maintainer } = maker;
  const date = new Date(maker.epoch * 1000);
  const files: PackageFile[] = [
    ...definition.files,
    {
      path: `${doc}/changelog.gz`,
      mode: 0o644,
      text: maker.render('deb/changelog.hbs', { name, version, maintainer, date: mailDate(date) }),
      gzip: true,
    },
    { path: `${doc}/copyright`, mode: 0o644, text: copyright(definition, maker, 'deb') },
  ];
  if (exceptions.length > 0) {
    files.push({
      path: `/usr/share/lintian/overrides/${name}`,
      mode: 0o644,
      text: maker.render('deb/overrides.hbs', { name, exceptions: exceptions.map(override) }),
    });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The licence of a package and of what is in it. */
export function copyright(
  { name, licences }: PackageDefinition,
  maker: Maker,
  format: 'deb' | 'rpm',
): string {
  const year = new Date(maker.epoch * 1000).getUTCFullYear();
  const all = mergeLicences(licences);
  const debian = format === 'deb';
  return maker.render('copyright.hbs', {
    ...{ name, year, debian },
    licences: debian ? shortenLicences(all) : all,
  });
}

function override({ tag, context, reason }: LintException): Record<string, unknown> {
  return { tag, context: context ?? '', comment: wrap(reason, WIDTH - 2) };
}

/** `Sat, 28 Nov 2026 00:00:00 +0000`. */
function mailDate(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

/** control, conffiles and maintainer scripts; md5sums come from the tree. `size`: KiB. */
export function controlFiles(
  definition: PackageDefinition,
  files: readonly PackageFile[],
  size: number,
  maker: Maker,
): ControlFile[] {
  const { name, summary, relations, actions, units, purge, purgeUnowned = [] } = definition;
  const { version, maintainer } = maker;
  const fields = [
    ['Depends', relations.depends],
    ['Recommends', relations.recommends ?? []],
    ['Suggests', relations.suggests ?? []],
    ['Conflicts', relations.conflicts ?? []],
    ['Replaces', relations.replaces ?? []],
  ] as const;
  const variables = {
    ...{ name, version, maintainer, size, summary, units },
    section: definition.section ?? 'admin',
    relations: fields
      .filter(([, list]) => list.length > 0)
      .map(([field, list]) => ({ field, value: list.join(', ') })),
    description: describe(definition.description),
    grub: actions.grub === true,
    adopt: actions.adopt === true,
    follows: actions.follows,
    purge,
    unowned: purgeUnowned,
  };
  const render = (file: string): string => maker.render(`deb/${file}.hbs`, variables);
  const script = (script: string): ControlFile => ({
    ...{ name: script, mode: 0o755, text: `${SHEBANG}${render(script)}` },
  });
  const acts = units.length > 0 || variables.grub || variables.adopt;
  const cleans = acts || purge.length > 0 || purgeUnowned.length > 0;
  const configuration = files.filter(({ path }) => path.startsWith('/etc/'));
  return [
    { name: 'control', mode: 0o644, text: render('control') },
    ...(configuration.length === 0
      ? []
      : [
          {
            name: 'conffiles',
            mode: 0o644,
            text: configuration.map(({ path }) => `${path}\n`).join(''),
          },
        ]),
    ...(acts ? [script('postinst')] : []),
    ...(actions.follows === undefined
      ? []
      : [{ name: 'triggers', mode: 0o644, text: `interest-noawait ${actions.follows}\n` }]),
    // apt takes a toolstack away before it brings the other one: who follows it sees at the end what there is.
    ...(variables.adopt && actions.toolstack !== true ? [script('prerm')] : []),
    ...(cleans ? [script('postrm')] : []),
  ];
}

/** The extended description: a space before each line, a dot between paragraphs. */
function describe(paragraphs: readonly string[]): string {
  return paragraphs
    .map((paragraph) =>
      wrap(paragraph, WIDTH)
        .map((line) => ` ${line}`)
        .join('\n'),
    )
    .join('\n .\n');
}

/** Makes `OUT/NAME_VERSION_all.deb` and returns its path. Errors: those of dpkg-deb and of the file system. */
export async function makeDeb(definition: PackageDefinition, maker: Maker): Promise<string> {
  const target = join(maker.out, `${definition.name}_${maker.version}_all.deb`);
  await withTemporaryDirectory(maker.out, async (scratch) => {
    const root = join(scratch, 'root');
    const files = debFiles(definition, maker);
    await stageFiles(root, files);
    const size = await installedSize(root);
    const sums = await md5sums(root);
    const control = join(root, 'DEBIAN');
    await mkdir(control);
    for (const file of [
      ...controlFiles(definition, files, size, maker),
      { name: 'md5sums', mode: 0o644, text: sums },
    ]) {
      await writeFile(join(control, file.name), file.text);
      await chmod(join(control, file.name), file.mode);
    }
    await settleTree(root, maker.epoch);
    const made = join(scratch, 'made.deb');
    await run(['dpkg-deb', '--root-owner-group', '-Zxz', '--build', root, made], {
      environment: { ...ONE_THREAD, SOURCE_DATE_EPOCH: String(maker.epoch) },
      extendEnvironment: true,
      signal: maker.signal,
    });
    await rename(made, target);
  });
  return target;
}

async function md5sums(root: string): Promise<string> {
  const lines: string[] = [];
  for (const path of await listFiles(root)) {
    lines.push(await md5Line(join(root, path), path));
  }
  return lines.join('');
}
