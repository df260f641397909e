// The only place that starts other programs. Argument arrays only: no shell ever sees our data.
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { collect, stopReadingAfterEnd } from './child-output.ts';
import { spawnChild } from './children.ts';
import { KronosError, systemCode } from './error.ts';

export interface RunOptions {
  cwd?: string;
  /** The whole environment of the child unless `extendEnvironment` is set. */
  environment?: Readonly<Record<string, string>>;
  extendEnvironment?: boolean;
  /** Text for standard input; secrets go here, never into arguments. */
  input?: string;
  /** Called for every line of standard output and standard error, in the order they arrive. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Exit codes that are not a failure (default: 0 only). */
  accept?: readonly number[];
  timeoutSeconds?: number;
  signal?: AbortSignal | undefined;
  /** Give the child our own terminal instead of pipes. */
  inherit?: boolean;
  /** A file the child's standard output goes to. */
  outputFile?: string;
}

/**
 * The argument array for a program that the kernel ends when we end, however that is: one that is left behind would
 * write on where a later run already cleans up.
 */
export function endWithParent(argv: readonly string[]): string[] {
  return ['setpriv', '--pdeathsig', 'KILL', '--', ...argv];
}

export interface RunResult {
  stdout: string;
  stderr: string;
  exitCode: number;
  /** Wall-clock seconds. */
  seconds: number;
}

/** Set in the environment of every child so that programs speak and sort the same everywhere. */
export const FIXED_ENVIRONMENT: Readonly<Record<string, string>> = { LC_ALL: 'C.UTF-8', TZ: 'UTC' };

/** How the last lines of a failed command are cut for a message. */
const TAIL_LINES = 12;

/** Bytes of standard output, or of standard error, at the most; a program that says more is stopped. */
const MOST_OUTPUT = 256 * 1024 * 1024;

/** A program that does not end when it is asked to is killed after this time (ms). */
const KILL_AFTER = 5000;

/**
 * Runs a program and waits for it.
 *
 * Errors: `dependency/tool-missing` when the program does not exist, `io/command-failed` when it exits with a code
 * that is not accepted, `io/command-timeout`, `interrupted/cancelled` when `signal` fires.
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file] = argv;
  if (file === undefined) throw new TypeError('run: empty argument array');
  const { signal, timeoutSeconds } = options;
  if (signal?.aborted === true) throw cancelled(file);
  const started = performance.now();
  const child = startFor(argv, options);
  const stop = (): void => stopChild(child);
  const output = collect(child.stdout, MOST_OUTPUT, stop);
  const errors = collect(child.stderr, MOST_OUTPUT, stop);
  stopReadingAfterEnd(child, [child.stdout, child.stderr]);
  if (options.onLine !== undefined) {
    followLines(child.stdout, (line) => options.onLine?.(line, 'stdout'));
    followLines(child.stderr, (line) => options.onLine?.(line, 'stderr'));
  }
  // A program may end without reading all that it is given.
  child.stdin?.on('error', () => undefined).end(options.input);
  let why: 'cancelled' | 'late' | undefined;
  const stopFor = (reason: 'cancelled' | 'late') => () => {
    why ??= reason;
    stop();
  };
  const cancel = stopFor('cancelled');
  signal?.addEventListener('abort', cancel);
  const timer =
    timeoutSeconds === undefined
      ? undefined
      : setTimeout(stopFor('late'), timeoutSeconds * 1000).unref();
  const end = await ended(child);
  signal?.removeEventListener('abort', cancel);
  clearTimeout(timer);
  const seconds = (performance.now() - started) / 1000;
  if (why === 'cancelled') throw cancelled(file);
  if (why === 'late') {
    throw new KronosError(
      'io/command-timeout',
      `${file} did not finish within ${timeoutSeconds ?? 0} s`,
    );
  }
  if (end.error !== undefined) {
    const code = systemCode(end.error);
    if (code === 'ENOENT' || code === 'EACCES') throw missingProgram(file, code);
    throw new CommandError(argv, -1, undefined, '', end.error.message);
  }
  const stdout = output();
  const stderr = errors();
  const exitCode = end.code ?? -1;
  const unknown = /^setpriv: failed to execute (.*): No such file/.exec(stderr)?.[1];
  if (exitCode === 127 && unknown !== undefined) throw missingProgram(unknown, 'ENOENT');
  if (exitCode === -1 || !(options.accept ?? [0]).includes(exitCode)) {
    throw new CommandError(argv, exitCode, end.signal ?? undefined, stdout, stderr);
  }
  return { stdout, stderr, exitCode, seconds };
}

/** Starts the program of a `run`. Errors: `io/command-failed` where it cannot even be tried. */
function startFor(argv: readonly string[], options: RunOptions): ChildProcess {
  const { cwd, environment, extendEnvironment, input, inherit, outputFile } = options;
  const own = inherit === true ? 'inherit' : 'pipe';
  let file: number | undefined;
  try {
    if (outputFile !== undefined) file = openSync(outputFile, 'w');
    return spawnChild(argv, {
      stdio: [own === 'pipe' && input === undefined ? 'ignore' : own, file ?? own, own],
      env: environmentOf(environment, extendEnvironment === true),
      ...(cwd === undefined ? {} : { cwd }),
    });
  } catch (error) {
    // More arguments than the kernel takes, for example.
    throw new CommandError(argv, -1, undefined, '', String(error));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function environmentOf(own: RunOptions['environment'], extend: boolean): NodeJS.ProcessEnv {
  if (own === undefined) return process.env;
  return extend ? { ...process.env, ...own } : { ...own };
}

/** What became of a program; `error` where it could not be started. All that it wrote was read. */
async function ended(child: ChildProcess): Promise<{
  code: number | null;
  signal: NodeJS.Signals | null;
  error?: Error;
}> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error });
    });
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
}

function stopChild(child: ChildProcess): void {
  child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER).unref();
  child.once('exit', () => {
    clearTimeout(timer);
  });
}

function cancelled(file: string): KronosError {
  return new KronosError(
    'interrupted/cancelled',
    `${file} was stopped because the work was cancelled`,
  );
}

function missingProgram(name: string, why: string): KronosError {
  return new KronosError('dependency/tool-missing', `cannot run ${name}: ${why}`, {
    hint: `install the package that provides ${name}, or see what is missing with: kronos doctor`,
  });
}

/** A program that ran and failed; the message carries the end of what it printed. */
export class CommandError extends KronosError {
  readonly argv: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;

  constructor(
    argv: readonly string[],
    status: number,
    signal: string | undefined,
    stdout: string,
    stderr: string,
  ) {
    const how = signal === undefined ? `exit code ${status}` : `signal ${signal}`;
    const said = stderr.trim() === '' ? stdout : stderr;
    const tail = said.trim().split('\n').slice(-TAIL_LINES).join('\n    ');
    super(
      'io/command-failed',
      `${spokenName(argv)} failed with ${how}${tail === '' ? '' : `:\n    ${tail}`}`,
    );
    this.argv = argv;
    this.status = status;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/** What a person calls the program: neither what ends it with us nor the loader that it runs through. */
function spokenName(argv: readonly string[]): string {
  const own = argv[0] === 'setpriv' ? argv.slice(argv.indexOf('--') + 1) : argv;
  const loader = own.indexOf('--library-path');
  return loader === -1 ? (own[0] ?? '') : basename(own[loader + 2] ?? '');
}

export interface Child {
  pid: number | undefined;
  stdin: Writable | null;
  stdout: Readable | null;
  stderr: Readable | null;
  /** Resolves with the exit code (-1: ended by a signal); never rejects. */
  done: Promise<number>;
  kill: (signal?: NodeJS.Signals) => void;
}

/** Exit code of a shell for a program that is not there. */
const NOT_FOUND = 127;

/**
 * Starts a program and returns at once, for those that are talked to while they run (QEMU, a sandbox).
 * Errors: none here; a program that cannot be started resolves `done` with 127.
 */
export function start(
  argv: readonly string[],
  options: {
    cwd?: string;
    environment?: Readonly<Record<string, string>>;
    stdin?: 'pipe' | 'inherit' | 'ignore';
    stdout?: 'pipe' | 'inherit' | 'ignore';
    stderr?: 'pipe' | 'inherit' | 'ignore';
  } = {},
): Child {
  if (argv.length === 0) throw new TypeError('start: empty argument array');
  const child = spawnChild(argv, {
    stdio: [options.stdin ?? 'ignore', options.stdout ?? 'pipe', options.stderr ?? 'pipe'],
    env: environmentOf(options.environment, false),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    done: ended(child).then(({ code, error }) =>
      error !== undefined && systemCode(error) === 'ENOENT' ? NOT_FOUND : (code ?? -1),
    ),
    kill: (signal = 'SIGTERM') => {
      child.kill(signal);
    },
  };
}

/** Splits a stream into lines; carriage returns count as line ends so that progress meters are seen. */
export function followLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream === null) return;
  let rest = '';
  // Not setEncoding: others read the same stream, as bytes.
  const decoder = new StringDecoder('utf8');
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.write(chunk)).split(/[\r\n]+/);
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') onLine(part);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
