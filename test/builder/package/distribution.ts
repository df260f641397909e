// What a distribution of the Red Hat family would give, in small: packages by its names, with the real programs of this machine
// where scriptlets of ours call them, and with nothing where they do not.
import { chmod, copyFile, mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { statOrUndefined } from '../../../src/common/files.ts';
import { run } from '../../../src/common/process.ts';
import { toolsRoot } from '../../tools-root.ts';
import { makeRpmOf } from '../repository/packages.ts';

/** Programs of this machine by the package that has them there. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  bash: ['bash', 'sh'],
  coreutils: [
    ...['basename', 'cat', 'chmod', 'cp', 'cut', 'dirname', 'echo', 'env', 'head', 'id', 'ls'],
    ...['mkdir', 'mv', 'printf', 'readlink', 'rm', 'rmdir', 'sort', 'tac', 'tail', 'test', 'touch'],
    ...['tr', 'uname', 'wc', 'sync', 'mktemp', 'stat', 'uniq', 'true', 'false', 'expr'],
  ],
  grep: ['grep'],
  sed: ['sed'],
  gawk: ['awk'],
  findutils: ['find'],
  systemd: ['systemctl', 'systemd-detect-virt'],
  iproute: ['ip'],
  'util-linux': ['flock'],
  rpm: ['rpm'],
};

/** What writes a boot menu asks these of disks, which a directory does not have. */
const LOOKERS: Readonly<Record<string, string>> = {
  'sbin/grub-probe':
    'case "$*" in *fs_uuid*) echo 1111-22;; *partuuid*) ;; *target=fs*) echo ext2;; *abstraction*) ;; *) echo /dev/vda1;; esac',
  'bin/grub-mkrelpath': 'for last; do :; done; echo "$last"',
  'bin/grub-file': '[ "$1" = --is-x86-multiboot2 ]',
  'bin/grub-script-check': 'exit 0',
  'bin/grub-editenv': 'exit 0',
};

/** A kernel and a hypervisor, for a boot menu. */
const BOOT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kernel: {
    'boot/vmlinuz-6.12.0': 'x',
    'boot/initrd.img-6.12.0': 'x',
    'boot/config-6.12.0': 'CONFIG_XEN_DOM0=y\n',
  },
  xen: { 'boot/xen-4.20.gz': 'x', 'boot/xen-4.20.efi': 'x' },
};

/** What every system has. */
const DIRECTORIES = [
  ...['etc/default', 'etc/systemd/system', 'etc/systemd/system/multi-user.target.wants', 'root'],
  ...['usr/lib/modules-load.d', 'usr/lib/systemd/system', 'usr/lib/udev/rules.d', 'usr/libexec'],
  ...['usr/share/bash-completion/completions', 'usr/share/licenses', 'usr/share/doc'],
  ...['usr/share/man/man1', 'usr/share/man/man8', 'var/lib/misc', 'var/log'],
];

/** What rpm reads besides. */
const RPM = '/usr/lib/rpm';

interface Distribution {
  /** Where work is done and packages are put. */
  directory: string;
  /** Names that somebody requires. */
  names: readonly string[];
}

/** Makes the packages; returns their files. */
export async function makeDistribution({ directory, names }: Distribution): Promise<string[]> {
  const libraries = new Set<string>();
  const files = [await makeBase(directory)];
  const wanted = new Set([...names, ...Object.keys(PROGRAMS), ...Object.keys(BOOT), 'nodejs']);
  for (const name of [...wanted].sort()) {
    const tree = join(directory, `tree-${name}`);
    await mkdir(tree, { recursive: true });
    for (const program of PROGRAMS[name] ?? [])
      await copyProgram(await find(program), join(tree, 'usr/bin', program), libraries);
    if (name === 'nodejs')
      await copyProgram(process.execPath, join(tree, 'usr/bin/node'), libraries);
    for (const [path, text] of Object.entries(BOOT[name] ?? {})) await write(tree, path, text);
    if (name === 'grub2-tools') await layOutGrub(tree);
    if (name === 'rpm')
      for (const file of ['rpmrc', 'macros']) await copy(join(RPM, file), join(tree, RPM, file));
    if (name === 'xapi-core') await write(tree, 'etc/xensource/pool.conf', 'master');
    const version = name === 'nodejs' ? process.versions.node : '1.0';
    files.push(
      await makeRpmOf(directory, {
        ...{ name, version, tree, depends: ['filesystem', ...(name === 'glibc' ? [] : ['glibc'])] },
        ...(name === 'bash' ? { provides: '/bin/sh' } : {}),
        native: true,
      }),
    );
  }
  const tree = join(directory, 'tree-glibc');
  for (const path of libraries) await copy(path, join(tree, merged(path)));
  const glibc = { name: 'glibc', version: '1.0', tree, depends: ['filesystem'], native: true };
  files.push(await makeRpmOf(directory, glibc));
  return files;
}

/** Directories that everything is unpacked into, /bin and others as what they are: links into /usr. */
async function makeBase(directory: string): Promise<string> {
  const tree = join(directory, 'tree-filesystem');
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(tree, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(tree, name));
  }
  for (const path of DIRECTORIES) await mkdir(join(tree, path), { recursive: true });
  return makeRpmOf(directory, { name: 'filesystem', version: '1.0', tree, native: true });
}

/**
 * The real scripts that write a boot menu, as grub2-mkconfig is in the Red Hat family: Debian's reads /etc/default/grub.d
 * besides.
 */
async function layOutGrub(tree: string): Promise<void> {
  const tools = toolsRoot();
  const script = await readFile(join(tools, 'usr/sbin/grub-mkconfig'), 'utf8');
  const plain = script.replace(/^for x in \$\{sysconfdir\}\/default\/grub\.d[\s\S]*?^done\n/m, '');
  if (plain === script || plain.includes('default/grub.d'))
    throw new TypeError('grub-mkconfig is not what it was');
  await write(tree, 'usr/sbin/grub2-mkconfig', plain, 0o755);
  for (const part of ['etc/grub.d/00_header', 'etc/grub.d/10_linux', 'etc/grub.d/20_linux_xen'])
    await copy(join(tools, part), join(tree, part));
  const library = 'usr/share/grub/grub-mkconfig_lib';
  await copy(join(tools, library), join(tree, library));
  for (const [path, text] of Object.entries(LOOKERS))
    await write(tree, `usr/${path}`, `#!/bin/sh\n${text}\n`, 0o755);
  await write(tree, 'etc/default/grub', 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\n');
  await write(tree, 'boot/grub2/grub.cfg', '# as it was\n');
  await symlink('../boot/grub2/grub.cfg', join(tree, 'etc/grub2.cfg'));
}

async function find(program: string): Promise<string> {
  for (const directory of ['/usr/bin', '/usr/sbin', '/bin', '/sbin']) {
    const path = join(directory, program);
    if ((await statOrUndefined(path)) !== undefined) return path;
  }
  throw new TypeError(`this machine has no ${program}`);
}

async function copyProgram(path: string, target: string, libraries: Set<string>): Promise<void> {
  await copy(path, target);
  const { stdout } = await run(['ldd', path], { accept: [0, 1] });
  for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) libraries.add(library);
}

async function copy(path: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await copyFile(await realpath(path), target);
  await chmod(target, 0o755);
}

/** `/lib/x` is `/usr/lib/x`. */
function merged(path: string): string {
  return path.replace(/^\/(bin|sbin|lib\w*)\//, '/usr/$1/');
}

async function write(tree: string, path: string, text: string, mode = 0o644): Promise<void> {
  const full = join(tree, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, text);
  await chmod(full, mode);
}
