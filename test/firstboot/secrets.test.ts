import { link, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { exists } from '../../src/common/files.ts';
import { eraseSecret, readSecrets } from '../../src/firstboot/secrets.ts';
import { temporaryDirectory } from '../temporary.ts';

test('the password of the pool goes, the others stay', async (t) => {
  const path = join(await temporaryDirectory(t), 'secrets.json');
  t.deepEqual(await readSecrets(path), { format: 'kronos-secrets', storage: {} });
  const all = { format: 'kronos-secrets', pool: 'canary', storage: { san: 'chap' } };
  await writeFile(path, JSON.stringify(all), { mode: 0o600 });
  t.is((await readSecrets(path)).pool, 'canary');
  await link(path, `${path}.old`);
  await eraseSecret('pool', path);
  t.deepEqual(await readSecrets(path), { format: 'kronos-secrets', storage: { san: 'chap' } });
  t.regex(await readFile(`${path}.old`, 'utf8'), /^\0+$/, 'what was on the disk is overwritten');
  t.notRegex(await readFile(path, 'utf8'), /canary/);
  t.is((await stat(path)).mode & 0o777, 0o600);
  await eraseSecret('pool', path);
});

test('a file that held nothing else is gone', async (t) => {
  const path = join(await temporaryDirectory(t), 'secrets.json');
  await writeFile(path, JSON.stringify({ format: 'kronos-secrets', pool: 'canary' }));
  await eraseSecret('pool', path);
  t.false(await exists(path));
});

test('a damaged file is told without what is in it', async (t) => {
  const path = join(await temporaryDirectory(t), 'secrets.json');
  for (const text of ['{"pool":"canary"', '{"format":"kronos-secrets","pol":"canary"}']) {
    await writeFile(path, text);
    const error = await t.throwsAsync(readSecrets(path), { code: 'input/secrets-file' });
    t.notRegex(JSON.stringify(error) + String(error.cause), /canary/);
  }
});
