// What was written, looked at again from the disk itself.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { run } from '../../common/process.ts';
import type { Step } from '../../steps/run.ts';
import { digestFiles, type FileToDigest } from '../digest-files.ts';
import type { InstallContext } from './context.ts';
import { mountRoot } from './copy.ts';

/** Where the build wrote what every file of the host's layers should be: SHA-256, size, path. */
const DIGESTS = '/usr/lib/kronos/digests';

export const checkCopyStep: Step<InstallContext> = {
  name: 'check-copy',
  title: 'Reading back what was written',
  weight: 10,
  apply: async ({ plan, target }, progress) => {
    const expected = parseDigests(await readFile(DIGESTS, 'utf8'));
    // Mounted anew, so that memory is not compared with itself.
    await run(['umount', target]);
    await mountRoot(plan, target);
    const files = expected.map(({ path, size }) => ({ path: join(target, path), size }));
    const found = await digestFiles(files, progress.bytes);
    const wrong = expected.filter(({ sha256 }, index) => found[index] !== sha256);
    if (wrong.length === 0) return;
    throw new KronosError(
      'verification/copy-differs',
      `${wrong.length} files on the disk are not what was written, the first is ${wrong[0]?.path ?? ''}`,
      { hint: 'the disk, its cable or its controller is failing: look at it with smartctl -a' },
    );
  },
};

/** The lines of the file that the build wrote. */
export function parseDigests(text: string): (FileToDigest & { sha256: string })[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [sha256 = '', size = '', ...rest] = line.split(' ');
      return { sha256, size: Number(size), path: rest.join(' ') };
    });
}
