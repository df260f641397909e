import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { hostFileJsonSchema } from '../../src/host/json-schema.ts';
import { parseHostFile } from '../../src/host/read.ts';
import { renderHostReference, undescribedKeys } from '../host-reference.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('the JSON Schema is in step with the schema (npm run docs)', async (t) => {
  const path = join(ROOT, 'docs/schema/host-file.schema.json');
  t.is(await readFile(path, 'utf8'), hostFileJsonSchema());
});

test('docs/host-file.md is in step with the schema (npm run docs)', async (t) => {
  const page = await readFile(join(ROOT, 'docs/host-file.md'), 'utf8');
  t.is(page, await renderHostReference(ROOT));
});

test('every key says what it is', (t) => {
  // The first is the document itself.
  t.deepEqual(
    undescribedKeys().filter((key) => key !== ''),
    [],
  );
});

test('every host file on the page is valid', async (t) => {
  const page = await readFile(join(ROOT, 'docs/host-file.md'), 'utf8');
  const files = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
  t.is(files.length, 2);
  for (const text of files) {
    const { warnings } = await parseHostFile(text, 'docs/host-file.md');
    t.deepEqual(warnings, []);
  }
});
