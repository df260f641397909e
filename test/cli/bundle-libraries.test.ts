// The libraries that every start loads come from one file each.
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import * as z from 'zod';
import { BUNDLED_LIBRARIES } from '../../src/common/bundled-libraries.ts';

const BUILD = join(import.meta.dirname, '../..');

test('what is compiled finds the bundled libraries before those of the project', async (t) => {
  for (const name of BUNDLED_LIBRARIES) {
    const file = fileURLToPath(import.meta.resolve(name));
    t.is(dirname(file), join(BUILD, 'node_modules', name));
    t.true((await stat(file)).size > 10_000);
  }
});

test('a bundled library says what the library says', (t) => {
  const result = z.strictObject({ name: z.string() }).safeParse({ name: 1 });
  t.regex(result.error?.message ?? '', /expected string, received number/);
});
