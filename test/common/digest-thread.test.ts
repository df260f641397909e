import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { digestFile } from '../../src/common/digest.ts';
import { digestInThread } from '../../src/common/digest-thread.ts';
import { temporaryDirectory } from '../temporary.ts';

test('a thread reads a file as the caller would, and says what it could not read', async (t) => {
  const file = join(await temporaryDirectory(t), 'file');
  await writeFile(file, 'kronos'.repeat(300_000));
  t.is(await digestInThread(file), await digestFile(file));
  await t.throwsAsync(digestInThread(`${file}.missing`), { code: 'ENOENT' });
});

test('a thread ends where the work is cancelled', async (t) => {
  const file = join(await temporaryDirectory(t), 'file');
  await writeFile(file, '');
  // Some seconds of reading.
  await truncate(file, 8 * 1024 ** 3);
  const reason = new Error('enough');
  const abort = new AbortController();
  const digest = digestInThread(file, abort.signal);
  setTimeout(() => {
    abort.abort(reason);
  }, 100);
  t.is(await t.throwsAsync(digest), reason);
  await t.throwsAsync(digestInThread(file, abort.signal), { is: reason });
});
