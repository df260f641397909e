// Writes one suite of a yum archive: metadata by createrepo_c, and its signature.
import { mkdir, readFile, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf } from '../../common/digest.ts';
import { copyFileAtomic, linkFile } from '../../common/files.ts';
import { run } from '../../common/process.ts';
import { signFile } from '../manifest/signature.ts';
import type { SigningKey } from './key.ts';
import { RPM, signatureByHash, type RpmEntry } from './yum-archive.ts';

export interface YumSuiteInput {
  suite: string;
  entries: readonly RpmEntry[];
  /** Seconds since 1970. */
  date: number;
  key: SigningKey;
}

/**
 * Writes the suite below `staging`; its packages get a second name there.
 * Errors: `input/signing-key`, `dependency/tool-missing`, those of running the tools.
 */
export async function writeYumSuite(
  input: YumSuiteInput,
  staging: string,
  signal?: AbortSignal,
): Promise<void> {
  const root = join(staging, RPM, input.suite);
  await mkdir(root, { recursive: true });
  for (const { file, path, date } of input.entries) {
    const target = join(root, path);
    await linkFile(file, target);
    // The metadata tells the time of the file.
    await utimes(target, date, date);
  }
  await run(
    [
      'createrepo_c',
      '--quiet',
      '--no-database',
      ...['--checksum', 'sha256'],
      // What every dnf and yum reads.
      ...['--general-compress-type', 'gz'],
      ...['--revision', String(input.date)],
      '--set-timestamp-to-revision',
      root,
    ],
    { signal },
  );
  const repomd = join(root, 'repodata/repomd.xml');
  const at = Math.max(input.date, input.key.created);
  const signature = await signFile(repomd, input.key.fingerprint, { at, signal });
  const byHash = join(root, signatureByHash(digestOf(await readFile(repomd))));
  await mkdir(dirname(byHash), { recursive: true });
  await copyFileAtomic(signature, byHash);
}
