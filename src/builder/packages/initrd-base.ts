// The large part of the initrd: drivers and tools from the tree. What Kronos adds is appended later, without the tree.
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { replacePrograms, runInTree, writeInTree } from '../sandbox/tree.ts';

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

/**
 * Makes boot/initrd.base with initramfs-tools of the tree: exactly the modules that the recipes name.
 * Errors: `input/no-kernel` when no recipe brought a kernel; those of mkinitramfs.
 */
export async function makeBaseInitrd(
  tree: string,
  output: string,
  modules: readonly string[],
  environment: Readonly<Record<string, string>>,
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
  await cp(join(tree, 'run/initrd.base'), join(output, 'boot/initrd.base'));
  await rm(join(tree, 'run/initrd.base'));
  await rm(join(tree, CONFIGURATION), { recursive: true });
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
