// docs/host-file.md: a page of prose (test/host/host-file.md.hbs) around a table of every key, made from the schema.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderTemplate } from '../src/common/template.ts';
import { hostFileJsonSchema } from '../src/host/json-schema.ts';
import { MACHINE_NAMES } from '../src/host/variables.ts';

/** The parts of JSON Schema that zod writes for the host file. */
interface Schema {
  title?: string;
  description?: string;
  type?: string;
  const?: string | number;
  enum?: (string | number)[];
  default?: string | number | boolean | object;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

interface Row {
  key: string;
  type: string;
  default: string;
  text: string;
}

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

/** A key and all below it; secrets are the same everywhere and have a section of their own. */
function rowsOf(key: string, schema: Schema, required: boolean): Row[] {
  const own = {
    key,
    type: typeOf(schema),
    default: required ? 'required' : formatDefault(schema),
    text: schema.description ?? '',
  };
  return schema.title === 'secret' ? [own] : [own, ...innerRows(key, schema)];
}

function innerRows(key: string, schema: Schema): Row[] {
  const { properties, required = [], items, oneOf, additionalProperties } = schema;
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([name, inner]) =>
      rowsOf(key === '' ? name : `${key}.${name}`, inner, required.includes(name)),
    );
  }
  if (oneOf !== undefined) return alternativeRows(key, oneOf);
  if (items !== undefined) return innerRows(`${key}[]`, items);
  return typeof additionalProperties === 'object'
    ? innerRows(`${key}.*`, additionalProperties)
    : [];
}

/** Of alternatives that a tag tells apart, the tag stands in front of the keys. */
function alternativeRows(key: string, alternatives: readonly Schema[]): Row[] {
  return alternatives.flatMap((alternative) => {
    const [tag = '', schema] =
      Object.entries(alternative.properties ?? {}).find(([, inner]) => 'const' in inner) ?? [];
    const rest = Object.fromEntries(
      Object.entries(alternative.properties ?? {}).filter(([name]) => name !== tag),
    );
    const type = `\`${String(schema?.const)}\``;
    const head = {
      key: `${key}.${tag}`,
      type,
      default: 'required',
      text: schema?.description ?? '',
    };
    return [head, ...innerRows(key, { ...alternative, properties: rest })];
  });
}

function typeOf(schema: Schema): string {
  if (schema.title !== undefined && schema.title !== 'Kronos host file') return schema.title;
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (schema.oneOf !== undefined) return 'mapping';
  if (schema.anyOf !== undefined) {
    const kinds = new Set(schema.anyOf.map(typeOf));
    return [...kinds].join(' or ');
  }
  switch (schema.type) {
    case 'array': {
      const inner = typeOf(schema.items ?? {});
      return inner.startsWith('`') ? 'list of them' : `list: ${inner}`;
    }
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
    case 'number':
      return formatRange(schema);
    case 'object':
      return 'mapping';
    default:
      return 'text';
  }
}

/** Where there is no bound, zod writes that of whole numbers. */
function formatRange({ minimum, maximum }: Schema): string {
  const open = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER;
  return open ? `number from ${String(minimum)}` : `number ${String(minimum)}..${String(maximum)}`;
}

function formatDefault(schema: Schema): string {
  const value = schema.default;
  if (value === undefined || JSON.stringify(value) === '[]' || JSON.stringify(value) === '{}')
    return '';
  if (typeof value !== 'object') return `\`${String(value)}\``;
  const pairs = Object.entries(value).map(([key, one]) => `${key}: ${String(one)}`);
  return `\`{ ${pairs.join(', ')} }\``;
}

function formatRows(rows: readonly Row[]): string {
  const cells = [
    ['key', 'type', 'default', 'meaning'],
    ...rows.map((row) => [`\`${row.key}\``, row.type, row.default, row.text]),
  ].map((row) => row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('*', '\\*')));
  const [head = [], ...body] = cells;
  return [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
