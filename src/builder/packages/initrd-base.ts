// The large part of the initrd: drivers and tools from the tree. What Kronos adds is appended later, without the tree.
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { readTextOrUndefined } from '../../common/files.ts';
import { appendArchive, writeCpio } from '../image/cpio.ts';
import { replacePrograms, runInTree, writeInTree } from '../sandbox/tree.ts';
import { selectModules } from './module-index.ts';

/**
 * Hooks for roots that no host of ours has. The initrd finds the medium or the system disk; volumes and targets of
 * storage repositories are opened by the system that it starts.
 */
const UNUSED_HOOKS = ['dmsetup', 'iscsi', 'lvm2', 'sg3-utils', 'thin-provisioning-tools'].map(
  (name) => `/usr/share/initramfs-tools/hooks/${name}`,
);

/** Its own text starts one process for each of the 300 names of busybox, which busybox can make itself. */
const BUSYBOX_HOOK = '/usr/share/initramfs-tools/hooks/zz-busybox';
const BUSYBOX_TEXT = `#!/bin/sh -e
[ "$1" = prereqs ] && exit 0
. /usr/share/initramfs-tools/hook-functions
copy_exec /usr/bin/busybox /bin/busybox
# Names that are there stay what they are, which it reports.
chroot "$DESTDIR" /bin/busybox --install
`;

/** Configuration for mkinitramfs inside the tree; removed afterwards. */
const CONFIGURATION = '/run/kronos-initramfs';

/** The drivers of the initrd, a path below their directory each. */
const DRIVERS = '/run/kronos-drivers';

/** Stands for depmod where mkinitramfs calls it for the initrd: it would unpack all drivers once more. */
const DEPMOD = [
  'depmod() {',
  '  [ "$1 $2" = "-a -b" ] || { command depmod "$@"; return; }',
  `  find "$3/lib/modules/$4" -name '*.ko*' -printf '%P\\n' >${DRIVERS}`,
  '}',
];

/**
 * Makes boot/initrd.base with initramfs-tools of the tree: exactly the modules that the recipes name.
 * Errors: `input/no-kernel` when no recipe brought a kernel; those of mkinitramfs.
 */
export async function makeBaseInitrd(
  tree: string,
  output: string,
  modules: readonly string[],
  environment: Readonly<Record<string, string>>,
  epoch: number,
): Promise<void> {
  const kernels = (await readdir(join(tree, 'usr/lib/modules')).catch(() => [])).sort();
  const kernel = kernels.at(-1);
  if (kernel === undefined) {
    throw new KronosError('input/no-kernel', 'no recipe of the edition brings a kernel', {
      hint: 'add the recipe linux to the edition',
    });
  }
  await cp(join(tree, 'etc/initramfs-tools'), join(tree, CONFIGURATION), { recursive: true });
  await writeInTree(
    tree,
    `${CONFIGURATION}/initramfs.conf`,
    [
      'MODULES=list',
      'BUSYBOX=y',
      'COMPRESS=zstd',
      'COMPRESSLEVEL=3',
      'DEVICE=',
      'NFSROOT=auto',
      ...DEPMOD,
      '',
    ].join('\n'),
  );
  await writeInTree(tree, `${CONFIGURATION}/hooks/kronos-drivers`, hookText(modules), 0o755);
  const ownBusybox = `${CONFIGURATION}/busybox`;
  await writeInTree(tree, ownBusybox, BUSYBOX_TEXT, 0o755);
  const putBack = await replacePrograms(
    tree,
    new Map([
      ...UNUSED_HOOKS.map((hook) => [hook, '/usr/bin/true'] as const),
      [BUSYBOX_HOOK, ownBusybox],
    ]),
  );
  await runInTree(tree, ['mkinitramfs', '-d', CONFIGURATION, '-o', '/run/initrd.base', kernel], {
    // Its work is put on /run as well: the tree is being read meanwhile.
    environment: { ...environment, TMPDIR: '/run' },
  });
  await putBack();
  await mkdir(join(output, 'boot'), { recursive: true });
  const base = join(output, 'boot/initrd.base');
  await cp(join(tree, 'run/initrd.base'), base);
  await rm(join(tree, 'run/initrd.base'));
  // Where another mkinitramfs called depmod itself, nothing is missing.
  const drivers = await readTextOrUndefined(join(tree, DRIVERS));
  if (drivers !== undefined) await appendIndices(tree, kernel, drivers, base, epoch);
  await rm(join(tree, CONFIGURATION), { recursive: true });
}

/** Adds what depmod would have made of the drivers, as an archive of its own behind the base. */
async function appendIndices(
  tree: string,
  kernel: string,
  drivers: string,
  base: string,
  epoch: number,
): Promise<void> {
  const place = `usr/lib/modules/${kernel}`;
  const names = await readdir(join(tree, place));
  const all = new Map<string, Buffer>();
  for (const name of names.filter((one) => one.startsWith('modules.')))
    all.set(name, await readFile(join(tree, place, name)));
  const paths = drivers.split('\n').filter((path) => path !== '');
  const files = [...selectModules(all, paths)].map(([name, content]) => ({
    ...{ path: `${place}/${name}`, mode: 0o644 },
    content,
  }));
  await appendArchive(base, writeCpio(files, epoch));
}

/**
 * The hook that copies drivers: single ones by name, whole directories behind `=`. They are loaded when their hardware
 * is found; names in the file `modules` would be loaded at every start.
 */
function hookText(modules: readonly string[]): string {
  const lines = modules.map((name) =>
    name.startsWith('=')
      ? `copy_modules_dir kernel/${name.slice(1)}`
      : `manual_add_modules ${name}`,
  );
  return [
    '#!/bin/sh',
    '[ "$1" = prereqs ] && exit 0',
    '. /usr/share/initramfs-tools/hook-functions',
    ...lines,
    '',
  ].join('\n');
}
