import test from 'ava';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchSource } from '../../../src/builder/source/fetch-source.ts';
import { digestFile } from '../../../src/common/digest.ts';
import { SILENT } from '../../../src/common/progress.ts';
import { dropKey, makeKey, TestRepository } from '../apt/repository.ts';

test('a source package comes from a signed index, whole and at the version asked for', async (t) => {
  const repository = await TestRepository.start();
  const directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  const key = await makeKey();
  const other = await makeKey();
  try {
    await repository.publishSource('hello', '2.10-5', { key });
    const fetch = (request: { source?: string; version?: string }, keyring = key.binary) =>
      fetchSource(
        { source: 'hello', suite: 'sid', ...request },
        {
          mirror: {
            main: `${repository.url}/debian`,
            security: `${repository.url}/debian-security`,
            keyring,
          },
          components: ['main'],
          architecture: 'amd64',
          cache: join(directory, 'cache'),
          directory: join(directory, 'source'),
        },
        SILENT,
      );
    const found = await fetch({});
    t.like(found, { source: 'hello', version: '2.10-5' });
    t.is(found.dsc, await digestFile(found.file));
    t.deepEqual((await readdir(join(directory, 'source'))).sort(), [
      'hello_2.10-5.dsc',
      'hello_2.10-5.tar.xz',
    ]);
    await t.throwsAsync(fetch({ source: 'helo' }), { code: 'input/unknown-source' });
    await t.throwsAsync(fetch({ version: '3' }), { code: 'input/unknown-version' });
    await t.throwsAsync(fetch({}, other.file), { code: 'verification/index-signature' });
  } finally {
    await repository.stop();
    await Promise.all([dropKey(key), dropKey(other)]);
    await rm(directory, { recursive: true, force: true });
  }
});
