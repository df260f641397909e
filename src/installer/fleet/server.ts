// The fleet server that the kernel's arguments name, and what it says.
import type * as z from 'zod';
import { KronosError } from '../../common/error.ts';
import { askText, shownUrl } from '../../host/fetch.ts';
import { FLEET_ARGUMENTS, FLEET_PATHS } from '../../host/fleet/messages.ts';

export interface FleetServer {
  /** Without a slash at its end. */
  url: string;
  /** SHA-256 of its certificate, small hexadecimal digits. */
  fingerprint: string;
  /** Proves that this start was answered by the server. */
  token: string;
}

/** The server of `kronos.fleet=`; undefined where there is none. Errors: `input/fleet-arguments`. */
export function readFleetServer(kernelArguments: readonly string[]): FleetServer | undefined {
  const { url, fingerprint, token } = FLEET_ARGUMENTS;
  const setting = (name: string): string =>
    kernelArguments.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  if (setting(url) === '') return undefined;
  const digits = setting(fingerprint).replaceAll(':', '').toLowerCase();
  const server = {
    url: setting(url).replace(/\/+$/, ''),
    fingerprint: digits,
    token: setting(token),
  };
  if (!isSecureUrl(server.url)) throw wrongArgument(url, 'is no https URL');
  if (!/^[0-9a-f]{64}$/.test(digits)) throw wrongArgument(fingerprint, 'is no SHA-256 fingerprint');
  if (server.token === '') throw wrongArgument(token, 'is missing');
  return server;
}

function isSecureUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:';
}

/** What was given is not repeated: it may be the token at the wrong place. */
function wrongArgument(name: string, what: string): KronosError {
  return new KronosError('input/fleet-arguments', `${name}= ${what}`, {
    hint: 'the boot script of kronos fleet serve gives all three; by hand: kronos.fleet=https://ADDRESS:PORT kronos.fleet.sha256=FINGERPRINT kronos.fleet.token=TOKEN',
  });
}

/** The token in a word of the kernel's command line, which no text may repeat. */
export function fleetTokenIn(word: string): string[] {
  const start = `${FLEET_ARGUMENTS.token}=`;
  return word.startsWith(start) ? [word.slice(start.length)] : [];
}

export interface Question<T> {
  path: keyof typeof FLEET_PATHS;
  /** Left out: that of the boot arguments. */
  token?: string | undefined;
  body: unknown;
  /** Of the answer. */
  schema: z.ZodType<T>;
  signal: AbortSignal;
}

/**
 * Asks once.
 * Errors: `io/fetch-failed` (refusalOf), `io/fleet-answer`, `verification/fingerprint`; whatever the signal says.
 */
export async function askFleet<T>(server: FleetServer, question: Question<T>): Promise<T> {
  const { path, token = server.token, body, schema, signal } = question;
  const url = `${server.url}${FLEET_PATHS[path]}`;
  const { fingerprint } = server;
  const text = await askText(url, { text: JSON.stringify(body), token }, { fingerprint, signal });
  const answer = schema.safeParse(parseJson(text));
  if (answer.success) return answer.data;
  // Nothing of it is repeated: a host file has secrets.
  throw new KronosError('io/fleet-answer', `${shownUrl(url)} answered something else than orders`, {
    hint: 'look whether kronos fleet serve runs there, in a version that fits this image',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
