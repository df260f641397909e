// XML-RPC as XenAPI speaks it: numbers as strings, maps as structs, failures as a Status and never as a fault.
import { SaxesParser } from 'saxes';
import type { Json } from '../../src/xenapi/message.ts';

/** A call, or undefined where the text is none. */
export function parseMethodCall(text: string): { method: string; params: Json[] } | undefined {
  let method: string | undefined;
  const params: Json[] = [];
  // Containers that are open, each with what it holds so far.
  const open: { kind: string; items: Json[]; names: string[] }[] = [];
  let chars = '';
  let plain = false;
  const put = (value: Json): void => {
    const container = open.at(-1);
    if (container === undefined) params.push(value);
    else container.items.push(value);
  };
  const parser = new SaxesParser();
  const mistakes: Error[] = [];
  parser.on('error', (error) => mistakes.push(error));
  parser.on('opentag', ({ name }) => {
    chars = '';
    plain = name === 'value';
    if (name === 'struct' || name === 'array') open.push({ kind: name, items: [], names: [] });
  });
  parser.on('text', (part) => {
    chars += part;
  });
  parser.on('closetag', ({ name }) => {
    if (name === 'methodName') method = chars.trim();
    else if (name === 'name') open.at(-1)?.names.push(chars);
    else if (name === 'string' || name === 'dateTime.iso8601') put(chars);
    else if (name === 'int' || name === 'i4') put(chars);
    else if (name === 'double') put(Number(chars));
    else if (name === 'nil') put(null);
    else if (name === 'boolean') put(chars.trim() === '1');
    else if (name === 'value' && plain) put(chars);
    else if (name === 'array') put(open.pop()?.items ?? []);
    else if (name === 'struct') {
      const { items = [], names = [] } = open.pop() ?? {};
      put(Object.fromEntries(names.map((key, index) => [key, items[index] ?? ''])));
    }
    plain = false;
    chars = '';
  });
  try {
    parser.write(text).close();
  } catch {
    return undefined;
  }
  return mistakes.length > 0 || method === undefined ? undefined : { method, params };
}

/** The answer to a call. */
export function formatMethodResponse(
  reply: { result: Json } | { error: readonly string[] },
): string {
  const struct: Record<string, Json> =
    'error' in reply
      ? { Status: 'Failure', ErrorDescription: [...reply.error] }
      : { Status: 'Success', Value: reply.result };
  return `<?xml version="1.0"?><methodResponse><params><param>${formatValue(struct)}</param></params></methodResponse>`;
}

/** Dates are texts in JSON, and have a type of their own here. */
const DATE = /^\d{8}T\d\d:\d\d:\d\dZ$/;

/** Fields that are no whole numbers. Those are doubles here, while whole numbers are texts. */
const FLOATS = new Set(['HVM_shadow_multiplier', 'io_read_kbs', 'io_write_kbs', 'progress']);

function formatValue(value: Json): string {
  if (typeof value === 'boolean') return `<value><boolean>${value ? 1 : 0}</boolean></value>`;
  if (typeof value === 'string' && DATE.test(value))
    return `<value><dateTime.iso8601>${value}</dateTime.iso8601></value>`;
  if (typeof value === 'string' || typeof value === 'number')
    return `<value>${escape(String(value))}</value>`;
  if (value === null) return '<value></value>';
  if (Array.isArray(value))
    return `<value><array><data>${value.map(formatValue).join('')}</data></array></value>`;
  const members = Object.entries(value).map(([name, inner]) => {
    const text =
      typeof inner === 'number' && FLOATS.has(name)
        ? `<value><double>${inner}</double></value>`
        : formatValue(inner);
    return `<member><name>${escape(name)}</name>${text}</member>`;
  });
  return `<value><struct>${members.join('')}</struct></value>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
