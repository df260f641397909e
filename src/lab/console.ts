// Follows a serial line: waits for texts, sends keys, keeps what was said.
import { createWriteStream, type WriteStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { Readable, Writable } from 'node:stream';
import { formatSeconds } from '../common/format.ts';
import { KronosError } from '../common/error.ts';
import { createTextFilter } from './terminal-text.ts';

/** Keys by name, as a VT100 sends them. */
export const KEYS = {
  enter: '\r',
  escape: '\x1b',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  tab: '\t',
  backspace: '\x7f',
  interrupt: '\x03',
} as const;

export interface WaitOptions {
  timeoutSeconds: number;
  signal?: AbortSignal | undefined;
  /** Texts that mean that the awaited one will never come. */
  failOn?: readonly RegExp[] | undefined;
}

export interface Found {
  /** What matched, and the groups of the pattern. */
  match: string;
  groups: readonly (string | undefined)[];
  /** Seconds since the console was opened. */
  seconds: number;
}

export interface Console {
  /**
   * Waits for a text or pattern after the place of the last one found (the beginning at first).
   * Errors: `verification/not-reached` with the last lines, `interrupted/cancelled`.
   */
  until: (pattern: string | RegExp, options: WaitOptions) => Promise<Found>;
  /** Types keys; see KEYS for those without a letter. */
  send: (keys: string | Uint8Array) => void;
  /** All readable text so far. */
  transcript: () => string;
  /** The last lines that are not empty. */
  tail: (lines: number) => string[];
  /** Called with every complete readable line; returns a function that ends it. */
  onLine: (listener: (line: string) => void) => () => void;
  /** Called with the bytes as they come, for terminals; returns a function that ends it. */
  onBytes: (listener: (chunk: Buffer) => void) => () => void;
  /** Whether the other side ended. */
  ended: () => boolean;
  /** Resolves when the line ended and the log is on disk. */
  closed: Promise<void>;
}

/** Lines of the serial log that a failure shows. */
const TAIL_LINES = 20;

/**
 * Opens a console on a stream. With `log` every byte is written to that file as it comes, so that it is there
 * whatever happens to us.
 */
export function openConsole(
  input: Readable,
  output: Writable | null,
  options: { log?: string | undefined } = {},
): Console {
  const started = performance.now();
  const decoder = new StringDecoder('utf8');
  const filter = createTextFilter();
  const lineListeners = new Set<(line: string) => void>();
  const byteListeners = new Set<(chunk: Buffer) => void>();
  const waiters = new Set<() => void>();
  const log: WriteStream | undefined =
    options.log === undefined ? undefined : createWriteStream(options.log);
  let logFailure: Error | undefined;
  log?.on('error', (error) => (logFailure = error));
  // A guest that ends between our check and our write must not end us.
  output?.on('error', () => undefined);
  let text = '';
  let lineStart = 0;
  let place = 0;
  let ended = false;

  const receive = (chunk: Buffer): void => {
    log?.write(chunk);
    for (const listener of byteListeners) listener(chunk);
    text += filter(decoder.write(chunk));
    for (let end = text.indexOf('\n', lineStart); end >= 0; end = text.indexOf('\n', lineStart)) {
      const line = text.slice(lineStart, end).trimEnd();
      lineStart = end + 1;
      if (line !== '') for (const listener of lineListeners) listener(line);
    }
    for (const wake of [...waiters]) wake();
  };
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      if (ended) return;
      ended = true;
      for (const wake of [...waiters]) wake();
      if (log === undefined || logFailure !== undefined) resolve();
      else log.end(resolve);
    };
    input.on('data', receive);
    input.on('end', end);
    input.on('close', end);
    input.on('error', end);
  });

  const tail = (lines: number): string[] =>
    text
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .slice(-lines);

  const until: Console['until'] = (pattern, wait) => {
    const { timeoutSeconds, signal, failOn = [] } = wait;
    const from = place;
    return new Promise<Found>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        waiters.delete(look);
        signal?.removeEventListener('abort', cancel);
        settle();
      };
      const fail = (why: string): void =>
        finish(() => reject(notReached(pattern, why, tail(TAIL_LINES))));
      const cancel = (): void =>
        finish(() =>
          reject(new KronosError('interrupted/cancelled', 'watching the machine was cancelled')),
        );
      const look = (): void => {
        const hit = findFrom(text, pattern, from);
        if (hit !== undefined) {
          place = hit.end;
          const seconds = (performance.now() - started) / 1000;
          finish(() => resolve({ match: hit.match, groups: hit.groups, seconds }));
          return;
        }
        const bad = failOn.map((failure) => findFrom(text, failure, from)).find((found) => found);
        if (bad !== undefined) fail(`the machine said ${JSON.stringify(bad.match)}`);
        else if (ended) fail('the machine ended');
      };
      const timer = setTimeout(
        () => fail(`${formatSeconds(timeoutSeconds)} passed`),
        timeoutSeconds * 1000,
      );
      if (signal?.aborted === true) {
        cancel();
        return;
      }
      signal?.addEventListener('abort', cancel);
      waiters.add(look);
      look();
    });
  };

  return {
    until,
    send: (keys) => {
      if (!ended && output !== null && !output.destroyed) output.write(keys);
    },
    transcript: () => text,
    tail,
    onLine: (listener) => listen(lineListeners, listener),
    onBytes: (listener) => listen(byteListeners, listener),
    ended: () => ended,
    closed,
  };
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function findFrom(
  text: string,
  pattern: string | RegExp,
  from: number,
): { match: string; groups: (string | undefined)[]; end: number } | undefined {
  if (typeof pattern === 'string') {
    const at = text.indexOf(pattern, from);
    return at < 0 ? undefined : { match: pattern, groups: [], end: at + pattern.length };
  }
  const search = new RegExp(
    pattern.source,
    [...new Set(`${pattern.flags}g`)].join('').replace('y', ''),
  );
  search.lastIndex = from;
  const hit = search.exec(text);
  if (hit === null) return undefined;
  return { match: hit[0], groups: hit.slice(1), end: hit.index + hit[0].length };
}

function notReached(pattern: string | RegExp, why: string, tail: readonly string[]): KronosError {
  const wanted = typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern);
  const said =
    tail.length === 0
      ? ' The serial line said nothing.'
      : ` The serial line ended with:\n    ${tail.join('\n    ')}`;
  return new KronosError(
    'verification/not-reached',
    `waiting for ${wanted} on the serial line: ${why}.${said}`,
    {
      hint: 'give it more time with --timeout, or look at the whole of it with --serial-log FILE',
      details: { wanted, why, tail },
    },
  );
}
