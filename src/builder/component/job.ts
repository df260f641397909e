// The root part: a tree of the target suite with dpkg's own tools, which find the libraries and make the packages.
import { chmod, copyFile, lutimes, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { CommandError, type RunResult } from '../../common/process.ts';
import {
  ARCHIVES,
  extractEssential,
  findEssential,
  findFirst,
  FOR_UNPACKING,
  placeInTree,
  prepareDpkg,
  UNREAD,
  type Archive,
} from '../packages/unpack.ts';
import { md5Line } from '../md5sums.ts';
import type { JobContext } from '../sandbox/job.ts';
import {
  bindDirectory,
  mountSystem,
  prepareTree,
  runInTree,
  writeInTree,
} from '../sandbox/tree.ts';
import type { Packaging, PackagingInput } from './packaging.ts';
import { readShlibdeps } from './shlibdeps.ts';

export interface SuiteTreeInput {
  /** Empty directory that becomes the tree. */
  tree: string;
  treeInMemory: boolean;
  /** The blob store's directory. */
  blobs: string;
  /** The tools and the libraries. */
  archives: readonly Archive[];
  architecture: string;
  suite: string;
}

export interface ComponentJobInput extends SuiteTreeInput {
  /** Where the .debs go. */
  output: string;
  packaging: Packaging;
  /** Seconds since 1970: the date of every file. */
  epoch: number;
}

/** Where the packages are laid out inside the tree. */
const WORK = '/build';

/** Makes the packages; returns the names of the .debs in `output`. Runs as root of a sandbox. */
export async function runJob(
  input: ComponentJobInput,
  { progress }: JobContext,
): Promise<{ debs: string[] }> {
  const { tree, packaging } = input;
  progress.note(`unpacking the tools and libraries of ${input.suite}`);
  await makeSuiteTree(input);
  for (const one of packaging.packages) {
    progress.note(`laying out ${one.name}`);
    await layOut(input, one);
  }
  await writeInTree(tree, `${WORK}/debian/control`, packaging.control);
  await writeInTree(tree, `${WORK}/debian/shlibs.local`, packaging.shlibs);
  const broken: KronosError[] = [];
  for (const one of packaging.packages) {
    progress.note(`finding the libraries of ${one.name}`);
    const error = await findLibraries(input, one);
    if (error !== undefined) broken.push(error);
  }
  if (broken.length > 0) throw joined(broken);
  await mkdir(input.output, { recursive: true });
  const debs: string[] = [];
  for (const one of packaging.packages) {
    progress.note(`packing ${one.name}`);
    debs.push(await pack(input, one));
  }
  return { debs: debs.sort() };
}

/** Errors of a sandbox cross its border one at a time. */
function joined(errors: readonly KronosError[]): KronosError {
  const [first] = errors;
  const { code, hint } = first as KronosError;
  return new KronosError(code, errors.map(({ message }) => message).join('\n'), { hint });
}

/** Nothing is configured: the tools run as they are unpacked, and dpkg knows which package each library is from. */
export async function makeSuiteTree(input: SuiteTreeInput): Promise<void> {
  const { tree, archives } = input;
  await prepareTree(tree, input.treeInMemory);
  await extractEssential(tree, await findFirst(await findEssential(archives)), UNREAD);
  await prepareDpkg(tree, input.architecture, UNREAD, []);
  await mountSystem(tree);
  await bindDirectory(tree, input.blobs, ARCHIVES);
  const files = archives.map(({ file }) => placeInTree(file)).sort();
  try {
    await runInTree(tree, ['dpkg', '--unpack', '--force-depends', ...files], {
      environment: FOR_UNPACKING,
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new KronosError(
      'io/package-install',
      `unpacking the tools of ${input.suite} failed: ${error.message}`,
    );
  }
}

function placeOf(tree: string, one: PackagingInput): string {
  return join(tree, WORK, 'debian', one.name);
}

/** Puts the files and the members of the control archive in their places, all with the same date. */
async function layOut({ tree, epoch }: ComponentJobInput, one: PackagingInput): Promise<void> {
  const root = placeOf(tree, one);
  await mkdir(join(root, 'DEBIAN'), { recursive: true });
  const sums: string[] = [];
  for (const { path, type, mode, target, file } of one.files) {
    const full = join(root, path);
    if (type === 'directory') await mkdir(full, { recursive: true });
    else if (type === 'symlink') await symlink(target ?? '', full);
    else if (file !== undefined) {
      await copyFile(file, full);
      sums.push(await md5Line(full, path.slice(1)));
    }
    if (type !== 'symlink') await chmod(full, mode);
  }
  for (const { path } of [...one.files].reverse()) await lutimes(join(root, path), epoch, epoch);
  const members = [...one.members, { name: 'md5sums', text: sums.join(''), mode: 0o644 }];
  for (const { name, text, mode } of members) {
    if (text === '') continue;
    await writeFile(join(root, 'DEBIAN', name), text);
    await chmod(join(root, 'DEBIAN', name), mode);
  }
  await chmod(join(root, 'DEBIAN'), 0o755);
}

/** Runs a tool of dpkg-dev where the packages are laid out. */
async function runTool(
  { tree, epoch }: ComponentJobInput,
  argv: readonly string[],
): Promise<RunResult> {
  return runInTree(tree, ['env', `--chdir=${WORK}`, ...argv], {
    environment: {
      ...{ SOURCE_DATE_EPOCH: String(epoch), ...FOR_UNPACKING },
      // Nothing is configured, so nothing says whose system this is.
      DEB_VENDOR: 'Debian',
    },
  });
}

/** dpkg-shlibdeps writes the package's relations to libraries; what stands against it is returned. */
async function findLibraries(
  input: ComponentJobInput,
  one: PackagingInput,
): Promise<KronosError | undefined> {
  if (one.objects.length === 0) return undefined;
  const { packages, directories } = input.packaging;
  const places = [
    ...packages.map(({ name }) => `-Sdebian/${name}`),
    ...directories.map((directory) => `-l${directory}`),
  ];
  const argv = [
    ...['dpkg-shlibdeps', `-Tdebian/${one.name}.substvars`, `-x${one.name}`, ...places],
    ...one.objects.map((path) => `-edebian/${one.name}${path}`),
  ];
  try {
    const { stderr } = await runTool(input, argv);
    return readShlibdeps(stderr, 0, one, input.suite);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return readShlibdeps(error.stderr, error.status, one, input.suite);
  }
}

async function pack(input: ComponentJobInput, one: PackagingInput): Promise<string> {
  const { tree, output } = input;
  const changelog = `debian/${one.name}.changelog`;
  await writeInTree(tree, join(WORK, changelog), one.changelog);
  const place = `debian/${one.name}`;
  const substvars = `${place}.substvars`;
  try {
    await runTool(input, [
      ...['dpkg-gencontrol', `-p${one.name}`, `-P${place}`, `-T${substvars}`, `-l${changelog}`],
      ...[`-v${one.version}`, `-f${place}.files`],
    ]);
    const name = `${one.name}_${one.version.replace(/^\d+:/, '')}_${one.architecture}.deb`;
    await runTool(input, ['dpkg-deb', '--root-owner-group', '-Zxz', '--build', place, name]);
    await copyFile(join(tree, WORK, name), join(output, name));
    return name;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new KronosError(
      'io/package-build',
      `making the package ${one.name} failed: ${error.message}`,
    );
  }
}
