// Tables of every key of a file of ours, made from its JSON Schema.

/** The parts of JSON Schema that zod writes for our files. */
export interface Schema {
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

/** A key of a file of ours. */
interface Row {
  key: string;
  type: string;
  default: string;
  text: string;
}

/** A key and all below it as rows; secrets are the same everywhere and have a section of their own. */
export function rowsOf(key: string, schema: Schema, required: boolean): Row[] {
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
  if (schema.title !== undefined && !schema.title.startsWith('Kronos ')) return schema.title;
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
  if (Array.isArray(value)) return `\`[${value.join(', ')}]\``;
  const pairs = Object.entries(value).map(([key, one]) => `${key}: ${String(one)}`);
  return `\`{ ${pairs.join(', ')} }\``;
}

/** Rows as a table of Markdown. */
export function formatRows(rows: readonly Row[]): string {
  const cells = [
    ['key', 'type', 'default', 'meaning'],
    ...rows.map((row) => [`\`${row.key}\``, row.type, row.default, row.text]),
  ].map((row) =>
    row.map((cell) =>
      cell.replaceAll('|', '\\|').replace(/`[^`]*`|\*/g, (part) => (part === '*' ? '\\*' : part)),
    ),
  );
  const [head = [], ...body] = cells;
  return [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
