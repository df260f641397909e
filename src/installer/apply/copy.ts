// From the image to the disk: the layers of the host, unpacked, and looked at again from the disk itself.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { mkdir, readFile, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { exists } from '../../common/files.ts';
import { run } from '../../common/process.ts';
import type { StepProgress } from '../../steps/event.ts';
import type { Step } from '../../steps/run.ts';
import { copyInitrd } from '../image.ts';
import { deviceOf, type InstallContext } from './context.ts';

/** How much larger than the compressed layers the files are; only the progress bar depends on it. */
const USUAL_RATIO = 2.4;

export const copyStep: Step<InstallContext> = {
  name: 'copy',
  title: 'Copying the system',
  weight: 22,
  apply: async ({ plan, image, target }, progress) => {
    await mkdir(target, { recursive: true });
    await run(['mount', '-t', 'ext4', '-o', 'noatime', deviceOf(plan, 'root-a'), target]);
    const total = image.layers.reduce((sum, layer) => sum + layer.size, 0) * USUAL_RATIO;
    const stop = await watchFileSystem(target, total, progress);
    try {
      for (const layer of image.layers) {
        await run(['unsquashfs', '-quiet', '-no-progress', '-force', '-dest', target, layer.path]);
      }
    } finally {
      stop();
    }
  },
};

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
  apply: async ({ image, target, fetchBytes }) => {
    const kernel = await kernelVersion(target);
    const name = `initrd.img-${kernel}`;
    await copyInitrd(image, join(target, 'boot', name), fetchBytes);
    await run(['ln', '-sfn', `boot/${name}`, join(target, 'initrd.img')]);
    if (!(await exists(join(target, 'vmlinuz'))))
      await run(['ln', '-sfn', `boot/vmlinuz-${kernel}`, join(target, 'vmlinuz')]);
  },
};

async function kernelVersion(target: string): Promise<string> {
  const { stdout } = await run(['ls', join(target, 'usr/lib/modules')]);
  const version = stdout.trim().split('\n').sort().at(-1);
  if (version === undefined || version === '')
    throw new KronosError('verification/no-kernel', 'the image has no kernel modules', {
      hint: 'the edition that it was built from lacks the recipe linux',
    });
  return version;
}

/** Where the build wrote what every file of the host's layers should be. */
const DIGESTS = '/usr/lib/kronos/digests';

export const checkCopyStep: Step<InstallContext> = {
  name: 'check-copy',
  title: 'Reading back what was written',
  weight: 10,
  apply: async ({ target }, progress) => {
    const lines = (await readFile(DIGESTS, 'utf8')).trim().split('\n');
    await run(['sync', '--file-system', target]);
    // Otherwise memory would be compared with itself.
    await writeFile('/proc/sys/vm/drop_caches', '1').catch(() => undefined);
    const total = lines.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
    let done = 0;
    let count = 0;
    const wrong: string[] = [];
    for (const line of lines) {
      const [digest = '', size = '', ...rest] = line.split(' ');
      const path = rest.join(' ');
      if (digestOnDisk(join(target, path)) !== digest) wrong.push(path);
      done += Number(size);
      progress.bytes(done, total);
      count += 1;
      // Signals and other work get their turn.
      if (count % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (wrong.length === 0) return;
    throw new KronosError(
      'verification/copy-differs',
      `${wrong.length} files on the disk are not what was written, the first is ${wrong[0] ?? ''}`,
      { hint: 'the disk, its cable or its controller is failing: look at it with smartctl -a' },
    );
  },
};

/** One buffer for all files: twenty thousand streams would cost more than the reading. */
const BUFFER = Buffer.allocUnsafe(1024 * 1024);

/** SHA-256 of a file; undefined where it cannot be read. */
function digestOnDisk(path: string): string | undefined {
  const hash = createHash('sha256');
  try {
    const file = openSync(path, 'r');
    try {
      for (;;) {
        const length = readSync(file, BUFFER);
        if (length === 0) return hash.digest('hex');
        hash.update(BUFFER.subarray(0, length));
      }
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
