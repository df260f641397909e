// docs/host-file.md: a page of prose (test/host/host-file.md.hbs) around a table of every key, made from the schema.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderTemplate } from '../src/common/template.ts';
import { hostFileJsonSchema } from '../src/host/json-schema.ts';
import { MACHINE_NAMES } from '../src/host/variables.ts';
import { formatRows, rowsOf, type Schema } from './schema-table.ts';

/** Keys that have a section of their own; the others are in the first table. */
const SECTIONS = [
  'root',
  'users',
  'disks',
  'network',
  'storage',
  'pool',
  'boot',
  'hooks',
  'report',
];

/** The page. */
export async function renderHostReference(root: string): Promise<string> {
  const schema = JSON.parse(hostFileJsonSchema()) as Schema;
  const properties = Object.entries(schema.properties ?? {});
  const required = schema.required ?? [];
  const top = properties
    .filter(([key]) => !SECTIONS.includes(key))
    .flatMap(([key, inner]) => rowsOf(key, inner, required.includes(key)));
  const sections = SECTIONS.map((key) => {
    const inner = schema.properties?.[key] ?? {};
    const rows = rowsOf(key, inner, required.includes(key));
    return { key, text: rows[0]?.text ?? '', table: formatRows(rows.slice(1)) };
  });
  const file = join(root, 'test/host/host-file.md.hbs');
  const example = await readFile(join(root, 'test/host/files/good/example.yaml'), 'utf8');
  return renderTemplate(
    await readFile(file, 'utf8'),
    { example, top: formatRows(top), sections, machine: Object.entries(MACHINE_NAMES) },
    file,
  );
}

/** Keys without a description, for the test that there are none. */
export function undescribedKeys(): string[] {
  return rowsOf('', JSON.parse(hostFileJsonSchema()) as Schema, true)
    .filter(({ text }) => text === '')
    .map(({ key }) => key);
}
