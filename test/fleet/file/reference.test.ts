import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { fleetFileJsonSchema } from '../../../src/fleet/file/json-schema.ts';
import { renderFleetReference, undescribedFleetKeys } from '../../fleet-reference.ts';

const ROOT = join(import.meta.dirname, '../../../..');

test('the JSON Schema is in step with the schema (npm run docs)', async (t) => {
  const path = join(ROOT, 'docs/schema/fleet-file.schema.json');
  t.is(await readFile(path, 'utf8'), fleetFileJsonSchema());
});

test('docs/fleet-file.md is in step with the schema (npm run docs)', async (t) => {
  const page = await readFile(join(ROOT, 'docs/fleet-file.md'), 'utf8');
  t.is(page, await renderFleetReference(ROOT));
});

test('every key says what it is', (t) => {
  // The first is the document itself.
  t.deepEqual(undescribedFleetKeys().slice(1), []);
});

test('editors know parts of host files: nothing is required, and null takes away', (t) => {
  const { $defs } = JSON.parse(fleetFileJsonSchema()) as {
    $defs: { hostKeys: { properties: Record<string, unknown>; required?: string[] } };
  };
  const { properties, required } = $defs.hostKeys;
  t.is(required, undefined);
  for (const key of ['pool', 'report', 'approve']) t.false(key in properties);
  t.like(properties['timezone'], { anyOf: [{ type: 'string' }, { type: 'null' }] });
  t.like(properties['disks'], { anyOf: [{ type: 'object' }, { type: 'null' }] });
});
