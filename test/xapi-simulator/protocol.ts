// The three protocols of a XenAPI server, as measured: what is heard as a request, and how it is answered.
import type { Json } from '../../src/xenapi/message.ts';
import { formatMethodResponse, parseMethodCall } from './xml-rpc.ts';

export interface Heard {
  method: string;
  params: readonly Json[];
  /** Set where the parameters were no list: what the server says of them. */
  wrongParams?: string;
  /** Body and type of the answer. A member says its errors as a list, and sometimes with the id 0. */
  answer: (reply: Reply, form?: { list?: boolean; id?: number }) => { type: string; body: string };
}

export type Reply = { result: Json } | { error: readonly string[] };

/** What is said to a request at a path; undefined where the server answers with HTTP status 500. */
export function hear(path: string, body: string): Heard | undefined {
  if (path === '/jsonrpc') return hearJson(body);
  if (path === '/' || path === '/RPC2') return hearXml(body);
  return undefined;
}

function hearJson(body: string): Heard | undefined {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return undefined;
  const { jsonrpc, method, params = [], id } = document as Record<string, Json | undefined>;
  if (typeof method !== 'string') return undefined;
  if (typeof id !== 'string' && !(typeof id === 'number' && Number.isInteger(id))) return undefined;
  if (jsonrpc !== undefined && jsonrpc !== '2.0') return undefined;
  const say = (value: unknown) => ({ type: 'application/json', body: JSON.stringify(value) });
  const list = Array.isArray(params);
  return {
    method,
    params: list ? params : [],
    ...(list ? {} : { wrongParams: `Failure("Expected string, got '${shown(params)}'")` }),
    answer: (reply, form = {}) => {
      if (jsonrpc === undefined) {
        return 'error' in reply
          ? say({ result: null, error: reply.error, id })
          : say({ result: reply.result, error: null, id });
      }
      if (!('error' in reply)) return say({ jsonrpc, result: reply.result, id });
      const [code = '', ...data] = reply.error;
      const error = form.list === true ? reply.error : { code: 1, message: code, data };
      return say({ jsonrpc, error, id: form.id ?? id });
    },
  };
}

/** A value as the server's own messages write it. */
function shown(value: Json | undefined): string {
  if (value === null || value === undefined) return 'N';
  if (typeof value === 'number') return Number.isInteger(value) ? `I(${value})` : `F(${value})`;
  if (typeof value === 'string') return `S(${value})`;
  if (typeof value === 'boolean') return `B(${value})`;
  if (Array.isArray(value)) return `[${value.map(shown).join(';')}]`;
  const entries = Object.entries(value).map(([key, inner]) => `${key}:${shown(inner)}`);
  return `{${entries.join(';')}}`;
}

function hearXml(body: string): Heard | undefined {
  const call = parseMethodCall(body);
  if (call === undefined) return undefined;
  return {
    ...call,
    answer: (reply) => ({ type: 'text/xml', body: formatMethodResponse(reply) }),
  };
}
