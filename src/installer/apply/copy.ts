// From the image to the disk: the layers of the host, unpacked, and looked at again from the disk itself.
import { mkdir, readdir, rename, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError, systemCode } from '../../common/error.ts';
import { exists } from '../../common/files.ts';
import { finishAll } from '../../common/finish-all.ts';
import { run } from '../../common/process.ts';
import type { StepProgress } from '../../steps/event.ts';
import type { Step } from '../../steps/run.ts';
import { readInitrd, type InstallImage } from '../image.ts';
import { deviceOf, type InstallContext } from './context.ts';

/** How much larger than the compressed layers the files are; only the progress bar depends on it. */
const USUAL_RATIO = 2.4;

/**
 * The layers are unpacked with little memory, over and over: by default unsquashfs fills 512 MiB with what waits, and glibc gives
 * every block back to the kernel, which clears it for the next. That takes two fifths of the time where memory is slow.
 */
const QUEUE_MEBIBYTES = '16';
const UNPACK = [
  ...['unsquashfs', '-quiet', '-no-progress', '-force'],
  ...['-data-queue', QUEUE_MEBIBYTES, '-frag-queue', QUEUE_MEBIBYTES],
];
const UNPACK_MEMORY = {
  environment: {
    // The largest block that glibc can be told to keep is 32 MiB; those of a layer have at most one.
    GLIBC_TUNABLES: [
      'glibc.malloc.mmap_threshold=33554432',
      'glibc.malloc.trim_threshold=1073741824',
      'glibc.malloc.arena_max=1',
    ].join(':'),
  },
  extendEnvironment: true,
};

export const copyStep: Step<InstallContext> = {
  name: 'copy',
  title: 'Copying the system',
  weight: 22,
  apply: async (context, progress) => {
    const { plan, image, target } = context;
    await mkdir(target, { recursive: true });
    await writeSoon();
    await mountRoot(plan, target);
    const total = image.layers.reduce((sum, layer) => sum + layer.size, 0) * USUAL_RATIO;
    const stop = await watchFileSystem(target, total, progress);
    try {
      await finishAll([unpackLayers(image, target), writeInitrd(context)]);
    } finally {
      stop();
    }
  },
};

async function unpackLayers({ layers }: InstallImage, target: string): Promise<void> {
  for (const layer of layers) await run([...UNPACK, '-dest', target, layer.path], UNPACK_MEMORY);
}

/** Under this name the initrd waits for the layers: they have the kernel, whose version is part of its name. */
const EARLY_INITRD = '.initrd.img';

async function writeInitrd(context: InstallContext): Promise<void> {
  await writeFile(join(context.target, EARLY_INITRD), await readInitrdSoon(context));
}

/** Begins to read the initrd of the host; whoever needs it waits for it, and hears what went wrong. */
export function readInitrdSoon(context: InstallContext): Promise<Buffer> {
  const { image, fetchBytes } = context;
  context.initrd ??= readInitrd(image, fetchBytes);
  context.initrd.catch(() => undefined);
  return context.initrd;
}

/** Unwritten bytes from which the kernel begins to write. */
const UNWRITTEN = 32 * 1024 * 1024;

/** Has the disk begin to write at once: by default it waits for a tenth of the memory, and then is waited for. */
async function writeSoon(): Promise<void> {
  await writeFile('/proc/sys/vm/dirty_background_bytes', `${UNWRITTEN}`).catch(() => undefined);
}

/** Mounts the new root where the steps look for it. */
export async function mountRoot(plan: InstallContext['plan'], target: string): Promise<void> {
  await run(['mount', '-t', 'ext4', '-o', 'noatime', deviceOf(plan, 'root-a'), target]);
}

/** Tells how full the file system gets. */
async function watchFileSystem(
  path: string,
  total: number,
  progress: StepProgress,
): Promise<() => void> {
  const used = async (): Promise<number> => {
    const { blocks, bfree, bsize } = await statfs(path);
    return (blocks - bfree) * bsize;
  };
  const before = await used();
  const timer = setInterval(() => {
    used().then(
      (now) => {
        progress.bytes(Math.min(now - before, total), total);
      },
      () => undefined,
    );
  }, 1000);
  return () => {
    clearInterval(timer);
  };
}

export const bootFilesStep: Step<InstallContext> = {
  name: 'boot-files',
  title: 'Copying kernel and initrd',
  weight: 2,
  apply: async ({ target }) => {
    const kernel = await kernelVersion(target);
    const name = `initrd.img-${kernel}`;
    await mkdir(join(target, 'boot'), { recursive: true });
    await rename(join(target, EARLY_INITRD), join(target, 'boot', name));
    await replaceLink(`boot/${name}`, join(target, 'initrd.img'));
    if (!(await exists(join(target, 'vmlinuz'))))
      await replaceLink(`boot/vmlinuz-${kernel}`, join(target, 'vmlinuz'));
  },
};

async function replaceLink(to: string, path: string): Promise<void> {
  await rm(path, { force: true });
  await symlink(to, path);
}

async function kernelVersion(target: string): Promise<string> {
  const versions = await readdir(join(target, 'usr/lib/modules')).catch((error: unknown) => {
    // A disk that cannot be read is another failure.
    if (systemCode(error) !== 'ENOENT') throw error;
    return [];
  });
  const version = versions.sort().at(-1);
  if (version === undefined)
    throw new KronosError('verification/no-kernel', 'the image has no kernel modules', {
      hint: 'the edition that it was built from lacks the recipe linux',
    });
  return version;
}
