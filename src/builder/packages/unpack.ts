// From .debs to a configured tree, by dpkg itself and in an order that depends on nothing but the names.
import { appendFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { CommandError, endWithParent, run } from '../../common/process.ts';
import type { Progress } from '../../common/progress.ts';
import { tellsOfFullDisk } from '../../common/storage-error.ts';
import { runInTree, writeInTree } from '../sandbox/tree.ts';
import { ONE_THREAD, readNeeds } from './control.ts';
import { deferForUnpacking, deferPrograms } from './deferred.ts';

/** A .deb on the machine that builds. */
export interface Archive {
  name: string;
  version: string;
  architecture: string;
  /** Absolute path of the blob. */
  file: string;
}

/** Where the archives are seen inside the tree while it is made. */
export const ARCHIVES = '/run/kronos-archives';

/** Our settings for dpkg while the tree is made. */
export const DPKG_SETTINGS = '/etc/dpkg/dpkg.cfg.d/zz-kronos-build';

/** What people read: not needed where packages are only made. */
export const UNREAD: readonly string[] = [
  '/usr/share/man/**',
  '/usr/share/doc/**',
  '/usr/share/locale/**',
];

/** Patterns of excluded paths are matched several times as fast byte by byte. */
export const FOR_UNPACKING = { ...ONE_THREAD, LC_ALL: 'C' };

/**
 * Packages that every Debian system has (Essential: yes); with what they depend on they make a tree that dpkg and
 * maintainer scripts run in. Names that a suite does not have are passed over.
 */
const ESSENTIAL = [
  ...[
    'base-files',
    'base-passwd',
    'bash',
    'bsdutils',
    'coreutils',
    'dash',
    'debianutils',
    'diffutils',
  ],
  ...['dpkg', 'findutils', 'grep', 'gzip', 'hostname', 'init-system-helpers', 'libc-bin', 'login'],
  ...['ncurses-base', 'ncurses-bin', 'perl-base', 'sed', 'sysvinit-utils', 'tar', 'util-linux'],
  // Not essential by the letter, but maintainer scripts of the first packages call them.
  ...['debconf', 'mawk', 'passwd'],
];

/** What dpkg and the scripts before unpacking are run with, until dpkg itself has unpacked all that is essential. */
const FIRST = [
  ...['base-files', 'bash', 'coreutils', 'dash', 'debianutils', 'diffutils', 'dpkg', 'findutils'],
  ...['grep', 'gzip', 'libc-bin', 'perl-base', 'sed', 'tar'],
];

/** An archive with the names of what it needs. */
export interface NeedyArchive extends Archive {
  needs: readonly string[];
}

/** The essential packages and all they need, sorted by name. */
export async function findEssential(archives: readonly Archive[]): Promise<NeedyArchive[]> {
  return findClosure(archives, ESSENTIAL, async (wave) => {
    const needs = await readNeeds(wave.map(({ file }) => file));
    return wave.map((archive, index) => ({ ...archive, needs: needs[index] ?? [] }));
  });
}

/** The part of `archives` that must be there before dpkg can run in a tree, sorted by name. */
export async function findFirst(archives: readonly NeedyArchive[]): Promise<NeedyArchive[]> {
  return findClosure(archives, FIRST, (wave) => Promise.resolve([...wave]));
}

async function findClosure<T extends Archive>(
  archives: readonly T[],
  names: readonly string[],
  withNeeds: (wave: readonly T[]) => Promise<NeedyArchive[]>,
): Promise<NeedyArchive[]> {
  const byName = new Map(archives.map((archive) => [archive.name, archive]));
  const found = new Map<string, NeedyArchive>();
  let wave = names.filter((name) => byName.has(name));
  while (wave.length > 0) {
    const read = await withNeeds(wave.map((name) => byName.get(name) as T));
    for (const archive of read) found.set(archive.name, archive);
    const wanted = read.flatMap(({ needs }) => needs);
    wave = [...new Set(wanted)].filter((name) => byName.has(name) && !found.has(name));
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Makes the directories and links of a merged /usr and the essential files: enough to chroot into. */
export async function extractEssential(
  tree: string,
  essential: readonly Archive[],
  exclude: readonly string[],
): Promise<void> {
  for (const directory of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(tree, 'usr', directory), { recursive: true });
    await symlink(`usr/${directory}`, join(tree, directory));
  }
  // tar's patterns see `./usr/...`; `*` crosses slashes as dpkg's do.
  const excludes = exclude.map((glob) => `--exclude=.${toDpkgPattern(glob)}`);
  await extractArchives(
    essential.map((archive) => archive.file),
    tree,
    excludes,
  );
}

/**
 * `dpkg-deb --extract` would replace the links of a merged /usr by directories, and takes no options for tar. One
 * script and one tar for all files, because starting them anew for each costs as much as unpacking. The script is
 * fixed; what varies comes as arguments: the number of files, the files, the options of tar.
 */
const EXTRACT_SCRIPT = [
  'n=$1; shift; files=("${@:1:n}"); shift "$n"',
  'for file in "${files[@]}"; do',
  `  ${endWithParent(['dpkg-deb', '--fsys-tarfile', '"$file"']).join(' ')} ||`,
  '    { echo "kronos: failed at $file" >&2; exit 1; }',
  `done | ${endWithParent(['tar', '--extract', '--ignore-zeros', '"$@"']).join(' ')}`,
].join('\n');

/** Unpacks .debs without dpkg's database, one after the other. Errors: `verification/package-damaged`. */
export async function extractArchives(
  files: readonly string[],
  target: string,
  tarOptions: readonly string[] = [],
  signal?: AbortSignal,
): Promise<void> {
  // Nothing would be no archive.
  if (files.length === 0) return;
  try {
    await run(
      endWithParent([
        ...['bash', '-o', 'pipefail', '-c', EXTRACT_SCRIPT, 'extract', String(files.length)],
        ...[...files, '-C', target, '--keep-directory-symlink', ...tarOptions],
      ]),
      { signal, environment: FOR_UNPACKING, extendEnvironment: true },
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw damaged(error, target);
  }
}

/** What a script that unpacks says of the file at which it failed; a full disk is not the file's fault. */
export function damaged(error: CommandError, target: string): Error {
  if (tellsOfFullDisk(error.message)) return error;
  const file = /^kronos: failed at (.*)$/m.exec(error.stderr)?.[1] ?? target;
  return new KronosError('verification/package-damaged', `unpacking ${basename(file)} failed`, {
    cause: error,
    hint: 'the file in the cache is damaged: remove it with kronos clean --all and build again',
  });
}

/** dpkg and tar know `*` only, and let it cross slashes. */
export function toDpkgPattern(glob: string): string {
  return glob.replaceAll('**', '*');
}

/** Writes what dpkg needs before its first run. */
export async function prepareDpkg(
  tree: string,
  architecture: string,
  exclude: readonly string[],
  include: readonly string[],
): Promise<void> {
  await mkdir(join(tree, 'var/lib/dpkg/info'), { recursive: true });
  await mkdir(join(tree, 'var/lib/dpkg/updates'), { recursive: true });
  await appendFile(join(tree, 'var/lib/dpkg/status'), '');
  await appendFile(join(tree, 'var/lib/dpkg/available'), '');
  await writeFile(join(tree, 'var/lib/dpkg/arch'), `${architecture}\n`);
  await writeInTree(
    tree,
    DPKG_SETTINGS,
    [
      'force-unsafe-io',
      ...exclude.map((glob) => `path-exclude=${toDpkgPattern(glob)}`),
      ...include.map((glob) => `path-include=${toDpkgPattern(glob)}`),
      '',
    ].join('\n'),
  );
  // No service is started while the tree is made.
  await writeInTree(tree, '/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755);
}

/** Where a blob is seen in a tree that has the blob store at ARCHIVES. */
export function placeInTree(blob: string): string {
  return join(ARCHIVES, blob.split('/').slice(-2).join('/'));
}

/** Unpacks and configures archives that lie in the tree or below the directory that is seen there as ARCHIVES. */
export async function installArchives(
  tree: string,
  archives: readonly Archive[],
  environment: Readonly<Record<string, string>>,
  progress: Progress,
  mode: 'essential' | 'rest',
): Promise<void> {
  const files = [...archives]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ file }) => (file.startsWith(`${tree}/`) ? file.slice(tree.length) : placeInTree(file)));
  const onLine = countLines(progress, archives.length, mode);
  const unpacking = { environment: { ...environment, ...FOR_UNPACKING }, onLine };
  const options = { environment, onLine };
  try {
    if (mode === 'essential') {
      await runInTree(tree, ['dpkg', '--install', '--force-depends', ...files], unpacking);
      return;
    }
    const putBack = await deferForUnpacking(tree);
    await runInTree(tree, ['dpkg', '--unpack', '--force-depends', ...files], unpacking);
    await putBack();
    const catchUp = await deferPrograms(tree, environment);
    await runInTree(tree, ['dpkg', '--configure', '--pending', '--force-confold'], options);
    await catchUp();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new KronosError(
      'io/package-install',
      `installing packages failed:\n    ${dpkgReason(error)}`,
      {
        hint: "the lines above are dpkg's own; a package that fails here fails for its maintainer script",
      },
    );
  }
}

/** The lines of dpkg's output that say what went wrong. */
function dpkgReason(error: CommandError): string {
  const lines = `${error.stdout}\n${error.stderr}`.split('\n');
  const at = lines.findIndex((line) => line.startsWith('dpkg: error'));
  const from = at === -1 ? Math.max(0, lines.length - 15) : Math.max(0, at - 5);
  return lines.slice(from, from + 20).join('\n    ');
}

function countLines(progress: Progress, total: number, mode: string): (line: string) => void {
  let unpacked = 0;
  let configured = 0;
  const what = mode === 'essential' ? 'essential packages' : 'packages';
  return (line) => {
    if (line.startsWith('Unpacking ')) progress.note(`unpacking ${what} ${++unpacked}/${total}`);
    else if (line.startsWith('Setting up '))
      progress.note(`configuring ${what} ${++configured}/${total}`);
  };
}
