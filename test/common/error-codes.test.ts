import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { findErrorCodes, listedCodes } from '../error-codes.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('docs/errors.md lists every error code and no other (npm run docs)', async (t) => {
  const codes = await findErrorCodes(ROOT);
  t.true(codes.length > 20);
  const page = await readFile(join(ROOT, 'docs/errors.md'), 'utf8');
  t.deepEqual(
    listedCodes(page).sort(),
    codes.map(({ code }) => code),
  );
});
