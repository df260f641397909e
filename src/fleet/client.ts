// A client of the operator API: the command line's, over TLS with the server's certificate pinned.
import { request as sendRequest, type IncomingMessage } from 'node:http';
import { text as readAll } from 'node:stream/consumers';
import type * as z from 'zod';
import { KronosError, KronosErrors } from '../common/error.ts';
import { openSocket } from '../common/pinned-socket.ts';
import type { FleetStatus, HostDetails, OperatorAction } from './desk.ts';
import { readEvents } from './web/event-stream.ts';
import {
  changeSchema,
  detailsSchema,
  doneSchema,
  refusalSchema,
  statusSchema,
} from './web/schema.ts';
import { keyOf } from './text/words.ts';

/** Where a fleet server is, and what proves to each that the other is the right one. */
export interface FleetTarget {
  /** `https://192.0.2.1:8443`. */
  url: string;
  /** SHA-256 of its certificate, in small hexadecimal digits. */
  fingerprint: string;
  /** The operator token. */
  token: string;
}

/**
 * What an operator can ask of a fleet server.
 * Errors of each: `io/fleet-server`, `verification/fingerprint`, and whatever the server refuses with.
 */
export interface FleetClient {
  status: () => Promise<FleetStatus>;
  details: (name: string) => Promise<HostDetails>;
  act: (action: OperatorAction) => Promise<{ message: string }>;
  /** The status now and after every change, until the server ends it. */
  follow: () => AsyncGenerator<FleetStatus, void>;
}

/** Seconds for an answer; a stream shows every ten that it lives. */
const PATIENCE = 30;

/** A client; each call has a connection of its own. `signal` ends what is under way. */
export function openFleetClient(target: FleetTarget, signal: AbortSignal): FleetClient {
  const ask = async <T extends z.ZodType>(
    schema: T,
    path: string,
    body?: unknown,
  ): Promise<z.output<T>> => {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE * 1000)]);
    return await guard(target, signal, async () => {
      const response = await send(target, path, body, patience);
      return schema.parse(JSON.parse(await readAll(response)));
    });
  };
  return {
    status: () => ask(statusSchema, '/v1/status'),
    details: (name) => ask(detailsSchema, `/v1/hosts/${encodeURIComponent(name)}`),
    act: (action) => ask(doneSchema, '/v1/actions', action),
    follow: () => follow(target, signal),
  };
}

async function* follow(
  target: FleetTarget,
  signal: AbortSignal,
): AsyncGenerator<FleetStatus, void> {
  const silent = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      silent.abort(new Error(`nothing came for ${PATIENCE} s`));
    }, PATIENCE * 1000);
  };
  const either = AbortSignal.any([signal, silent.signal]);
  try {
    wait();
    const response = await guard(target, signal, () =>
      send(target, '/v1/stream', undefined, either),
    );
    let status: FleetStatus | undefined;
    const events = readEvents(response);
    for (;;) {
      const next = await guard(target, signal, () => events.next());
      if (next.done === true) return;
      wait();
      const { event, data } = next.value;
      if (event !== 'status' && event !== 'change') continue;
      status = await guard(target, signal, () => Promise.resolve(merge(status, event, data)));
      yield status;
    }
  } finally {
    clearTimeout(timer);
    silent.abort();
  }
}

/** The status after an event of the stream. */
function merge(status: FleetStatus | undefined, event: 'status' | 'change', data: string) {
  if (event === 'status' || status === undefined) return statusSchema.parse(JSON.parse(data));
  const { gone, hosts: changed, ...rest } = changeSchema.parse(JSON.parse(data));
  const hosts = new Map(status.hosts.map((host) => [keyOf(host), host]));
  for (const key of gone) hosts.delete(key);
  for (const host of changed) hosts.set(keyOf(host), host);
  return { ...rest, hosts: [...hosts.values()] };
}

/** Failures of the connection and answers that are none, as one error. */
async function guard<T>(
  { url }: FleetTarget,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof KronosError) throw error;
    throw new KronosError('io/fleet-server', `asking the fleet server ${url} failed`, {
      cause: error,
      hint: 'look whether kronos fleet serve runs there, and at its address',
    });
  }
}

/** An answer that is no refusal. Nothing is sent before the certificate was compared. */
async function send(
  { url, fingerprint, token }: FleetTarget,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { hostname, port, host } = new URL(url);
  const address = hostname.replace(/^\[|\]$/g, '');
  const socket = await openSocket(
    { host: address, port: port === '' ? 443 : Number(port), secure: true, fingerprint },
    signal,
  );
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sendRequest({
      createConnection: () => socket,
      ...{ path, signal, method: text === undefined ? 'GET' : 'POST' },
      headers: {
        ...{ host, connection: 'close', authorization: `Bearer ${token}` },
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    })
      .on('response', resolve)
      .on('error', reject)
      .end(text);
  });
  if (response.statusCode === 200) return response;
  throw readRefusal(response.statusCode ?? 0, await readAll(response));
}

function readRefusal(status: number, text: string): Error {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = undefined;
  }
  const refusal = refusalSchema.safeParse(data);
  if (!refusal.success) return new Error(`the server answered ${status}`);
  const { errors, ...first } = refusal.data.error;
  const refused = (errors ?? [first]).map(
    ({ code, message, hint }) => new KronosError(asCode(code), message, { hint }),
  );
  return refused.length === 1 && refused[0] !== undefined ? refused[0] : new KronosErrors(refused);
}

/** Codes of another version may be of a class that this one does not know. */
function asCode(code: string): KronosError['code'] {
  const known = /^(?:input|dependency|io|host|verification|internal|interrupted)\/[a-z0-9-]+$/;
  return known.test(code) ? (code as KronosError['code']) : 'io/fleet-server';
}
