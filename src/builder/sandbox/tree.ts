// A directory that becomes a root: mounts, device nodes and programs run inside it.
import { appendFile, chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exists } from '../../common/files.ts';
import { run, type RunOptions, type RunResult } from '../../common/process.ts';

/** Device nodes that maintainer scripts use. */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** With less available memory than this (bytes) a tree is made on disk instead of in memory. */
const MEMORY_FOR_TREE = 2.5e9;

/** Environment of programs that run inside a tree. */
const CHROOT_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  DEBIAN_FRONTEND: 'noninteractive',
  DEBCONF_NONINTERACTIVE_SEEN: 'true',
  DEBCONF_NOWARNINGS: 'yes',
  // The kernel's postinst must not make initrds: one is made at the end, when all of its parts are there.
  INITRD: 'No',
};

/** `disk` or `memory`: where trees are made, whatever there is of the other. */
const TREE_VARIABLE = 'KRONOS_TREE';

/**
 * Whether there is room for a tree in memory, where it is made faster. Asked outside of the sandbox; what comes out is
 * the same either way.
 */
export function hasMemoryForTree(): boolean {
  const wish = process.env[TREE_VARIABLE];
  if (wish === 'disk' || wish === 'memory') return wish === 'memory';
  return process.availableMemory() >= MEMORY_FOR_TREE;
}

/** Makes an empty directory for a tree, in memory or on the disk. */
export async function prepareTree(tree: string, inMemory: boolean): Promise<void> {
  await mkdir(tree, { recursive: true });
  if (inMemory) {
    await run(['mount', '-t', 'tmpfs', '-o', 'mode=755,size=90%,nr_inodes=0', 'tmpfs', tree]);
  } else {
    await chmod(tree, 0o755);
  }
}

/** Mounts what programs inside the tree expect; all of it goes away with the namespace. */
export async function mountSystem(tree: string): Promise<void> {
  for (const directory of ['proc', 'dev', 'sys', 'run', 'tmp']) {
    await mkdir(join(tree, directory), { recursive: true });
  }
  await chmod(join(tree, 'tmp'), 0o1777);
  await run(['mount', '-t', 'proc', 'proc', join(tree, 'proc')]);
  await run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', join(tree, 'dev')]);
  for (const device of DEVICES) {
    const path = join(tree, 'dev', device);
    await appendFile(path, '');
    await run(['mount', '--bind', `/dev/${device}`, path]);
  }
  await symlink('/proc/self/fd', join(tree, 'dev/fd'));
  await mkdir(join(tree, 'dev/shm'), { mode: 0o1777 });
  await run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', join(tree, 'run')]);
  await mkdir(join(tree, 'run/lock'), { mode: 0o1777 });
}

/** Unmounts what `mountSystem` mounted. */
export async function unmountSystem(tree: string): Promise<void> {
  for (const directory of ['run', 'dev', 'proc']) {
    await run(['umount', '--recursive', join(tree, directory)]);
  }
}

/** Shows a directory inside the tree, read-only. */
export async function bindDirectory(tree: string, source: string, target: string): Promise<void> {
  await mkdir(join(tree, target), { recursive: true });
  await run(['mount', '--bind', source, join(tree, target)]);
}

/** Puts another program of the tree in the place of `path` until what is returned is called. */
export async function replaceProgram(
  tree: string,
  path: string,
  by: string,
): Promise<() => Promise<void>> {
  const full = join(tree, path);
  await run(['mount', '--bind', join(tree, by), full]);
  return async () => {
    await run(['umount', full]);
  };
}

/** The same for several at once: what stands for what, by path; paths that the tree does not have are passed over. */
export async function replacePrograms(
  tree: string,
  replacements: ReadonlyMap<string, string>,
): Promise<() => Promise<void>> {
  const undo: (() => Promise<void>)[] = [];
  for (const [path, by] of replacements) {
    if (await exists(join(tree, path))) undo.push(await replaceProgram(tree, path, by));
  }
  return async () => {
    for (const one of undo) await one();
  };
}

/** Runs a program with the tree as its root. */
export async function runInTree(
  tree: string,
  argv: readonly string[],
  options: Omit<RunOptions, 'environment'> & {
    environment?: Readonly<Record<string, string>>;
  } = {},
): Promise<RunResult> {
  const { environment, ...rest } = options;
  const { LD_PRELOAD: preload, ...others } = environment ?? {};
  // chroot itself runs outside, where the library of the tree does not exist.
  const wrapped = preload === undefined ? argv : ['env', `LD_PRELOAD=${preload}`, ...argv];
  return run(['chroot', tree, ...wrapped], {
    ...rest,
    environment: { ...CHROOT_ENVIRONMENT, ...others },
  });
}

/** Writes a file inside a tree that is being made. */
export async function writeInTree(
  tree: string,
  path: string,
  text: string,
  mode = 0o644,
): Promise<void> {
  const full = join(tree, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, text);
  await chmod(full, mode);
}
