// XenAPI on the wire: JSON-RPC 2.0 requests, and every form of answer that a server was seen to give.
import { KronosError } from '../common/error.ts';

/** What the server refused, with its own code and parameters. Source: facts of xapi 26.17. */
export class XenApiError extends Error {
  override readonly name = 'XenApiError';
  /** For example `HOST_IS_SLAVE`. */
  readonly code: string;
  readonly parameters: readonly string[];

  constructor(code: string, parameters: readonly string[] = []) {
    super(parameters.length === 0 ? code : `${code} (${parameters.join(', ')})`);
    this.code = code;
    this.parameters = parameters;
  }
}

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The null reference. */
export const NULL_REF = 'OpaqueRef:NULL';

/** The body of a request. */
export function formatRequest(id: number, method: string, parameters: readonly Json[]): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params: parameters, id });
}

/**
 * The result in an answer to the request `id`. Errors: XenApiError with what the server refused, `io/unexpected-answer` for
 * what is no answer to it. A member that starts answers an error with the id 0, as an array.
 */
export function parseAnswer(text: string, id: number): Json {
  const answer = parseObject(text);
  const { error } = answer;
  if (error !== undefined && error !== null) throw toError(error);
  if (!('result' in answer) || answer['id'] !== id)
    throw unexpected('the server answered something else than what was asked');
  return answer['result'] ?? null;
}

function parseObject(text: string): Readonly<Record<string, Json>> {
  try {
    const value = JSON.parse(text) as Json;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, Json>>;
  } catch {
    // Told below.
  }
  throw unexpected('the server answered with something that is no JSON-RPC');
}

function toError(error: Json): Error {
  if (Array.isArray(error)) {
    const [code, ...parameters] = error.map(String);
    return code === undefined
      ? unexpected('the error has no code')
      : new XenApiError(code, parameters);
  }
  if (typeof error !== 'object' || error === null) return unexpected('the error has no code');
  const { message, data } = error as Readonly<Record<string, Json>>;
  if (typeof message !== 'string') return unexpected('the error has no code');
  return new XenApiError(message, Array.isArray(data) ? data.map(String) : []);
}

function unexpected(message: string): KronosError {
  return new KronosError('io/unexpected-answer', message, {
    hint: 'look whether the address is that of a XenAPI server, and at its log',
  });
}
