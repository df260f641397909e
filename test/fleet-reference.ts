// docs/fleet-file.md: a page of prose (test/fleet/fleet-file.md.hbs) around tables of every key, made from the schema.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderTemplate } from '../src/common/template.ts';
import { fleetFileJsonSchema } from '../src/fleet/file/json-schema.ts';
import { formatRows, rowsOf, type Schema } from './schema-table.ts';

/** Keys that have a section of their own; the others are in the first table. */
const SECTIONS = ['groups', 'hosts', 'pools', 'rollout'];

/** The page. */
export async function renderFleetReference(root: string): Promise<string> {
  const schema = JSON.parse(fleetFileJsonSchema()) as Schema;
  const required = schema.required ?? [];
  const top = Object.entries(schema.properties ?? {})
    .filter(([key]) => !SECTIONS.includes(key))
    .flatMap(([key, inner]) => rowsOf(key, inner, required.includes(key)));
  const sections = SECTIONS.map((key) => {
    const rows = rowsOf(key, schema.properties?.[key] ?? {}, required.includes(key));
    // What is said of all hosts of a group stands in the text of its section.
    return { key, text: rows[0]?.text ?? '', table: formatRows(rows.slice(1)) };
  });
  const file = join(root, 'test/fleet/fleet-file.md.hbs');
  const example = await readFile(join(root, 'test/fleet/file/good/rack.yaml'), 'utf8');
  return renderTemplate(
    await readFile(file, 'utf8'),
    { example, top: formatRows(top), sections },
    file,
  );
}

/** Keys without a description, for the test that there are none. */
export function undescribedFleetKeys(): string[] {
  return rowsOf('', JSON.parse(fleetFileJsonSchema()) as Schema, true)
    .filter(({ text }) => text === '')
    .map(({ key }) => key);
}
