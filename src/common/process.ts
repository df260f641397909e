// The only place that starts other programs. Argument arrays only: no shell ever sees our data.
import { execa } from 'execa';
import type { ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { milliseconds } from './clock.ts';
import { KronosError } from './error.ts';

export interface RunOptions {
  cwd?: string;
  /** The whole environment of the child unless `extendEnvironment` is set. */
  environment?: Readonly<Record<string, string>>;
  extendEnvironment?: boolean;
  /** Text for standard input; secrets go here, never into arguments. */
  input?: string;
  /** An open file that becomes the child's standard input. */
  inputDescriptor?: number;
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

/**
 * Runs a program and waits for it.
 *
 * Errors: `dependency/tool-missing` when the program does not exist, `io/command-failed` when it exits with a code
 * that is not accepted, `io/command-timeout`, `interrupted/cancelled` when `signal` fires.
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new TypeError('run: empty argument array');
  const started = milliseconds();
  const child = execa(file, args, {
    reject: false,
    // What execa does to keep the output takes as long as all else that it does to start a small program.
    buffer: false,
    stdin: standardInput(options),
    stdout:
      options.inherit === true
        ? 'inherit'
        : options.outputFile === undefined
          ? 'pipe'
          : { file: options.outputFile },
    stderr: options.inherit === true ? 'inherit' : 'pipe',
    extendEnv: options.environment === undefined || options.extendEnvironment === true,
    forceKillAfterDelay: 5000,
    ...(options.environment === undefined ? {} : { env: options.environment }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.timeoutSeconds === undefined ? {} : { timeout: options.timeoutSeconds * 1000 }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  stopReadingAfterEnd(child, [child.stdout, child.stderr]);
  // What goes to a file passes through here as it is: it may be no text.
  const text = options.outputFile === undefined ? child.stdout : null;
  const kept = { stdout: keepText(text), stderr: keepText(child.stderr) };
  if (options.onLine !== undefined) {
    followLines(text, (line) => options.onLine?.(line, 'stdout'));
    followLines(child.stderr, (line) => options.onLine?.(line, 'stderr'));
  }
  const result = await child;
  const seconds = (milliseconds() - started) / 1000;
  const stdout = kept.stdout();
  const stderr = kept.stderr();
  if (result.isCanceled) {
    throw new KronosError(
      'interrupted/cancelled',
      `${file} was stopped because the work was cancelled`,
    );
  }
  if (result.timedOut) {
    throw new KronosError(
      'io/command-timeout',
      `${file} did not finish within ${options.timeoutSeconds ?? 0} s`,
    );
  }
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw missingProgram(file, result.code);
  }
  const exitCode = result.exitCode ?? -1;
  const unknown = /^setpriv: failed to execute (.*): No such file/.exec(stderr)?.[1];
  if (exitCode === 127 && unknown !== undefined) throw missingProgram(unknown, 'ENOENT');
  if (exitCode === -1 || !(options.accept ?? [0]).includes(exitCode)) {
    throw new CommandError(argv, exitCode, result.signal, stdout, stderr);
  }
  return { stdout, stderr, exitCode, seconds };
}

function standardInput(options: RunOptions): 'inherit' | 'ignore' | 'pipe' | 0 {
  if (options.inherit === true) return 'inherit';
  const { inputDescriptor } = options;
  if (inputDescriptor === undefined) return options.input === undefined ? 'ignore' : 'pipe';
  // execa hands any number on, as its documentation says; its types know only those that a process begins with.
  return inputDescriptor as 0;
}

/** Gives what a stream said so far, without its last line break. */
function keepText(stream: Readable | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text.replace(/\r?\n$/, '');
}

function missingProgram(name: string, why: string): KronosError {
  return new KronosError('dependency/tool-missing', `cannot run ${name}: ${why}`, {
    hint: `install the package that provides ${name}, or see what is missing with: kronos doctor`,
  });
}

/** Seconds without output after its end for which what a program left running is listened to. */
const LINGER_SECONDS = 2;
/** The same where there is output all the time. */
const LONGEST_LINGER_SECONDS = 10;

/**
 * Lets go of the pipes some time after the program itself has ended: a daemon that it started, or what is left of it
 * after a timeout, may hold them for ever. Two looks are needed, because after a pause of ours the clock is served
 * before the pipes are.
 */
function stopReadingAfterEnd(
  child: Pick<ChildProcess, 'once'>,
  streams: readonly (Readable | null)[],
): void {
  let heard = false;
  for (const stream of streams) stream?.on('data', () => (heard = true));
  child.once('exit', () => {
    let quiet = 0;
    let seconds = 0;
    const timer = setInterval(() => {
      quiet = heard ? 0 : quiet + 1;
      seconds += 1;
      heard = false;
      if (quiet < LINGER_SECONDS && seconds < LONGEST_LINGER_SECONDS) return;
      for (const stream of streams) stream?.destroy();
    }, 1000);
    child.once('close', () => {
      clearInterval(timer);
    });
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
  const [file, ...args] = argv;
  if (file === undefined) throw new TypeError('start: empty argument array');
  const child = execa(file, args, {
    reject: false,
    buffer: false,
    stdin: options.stdin ?? 'ignore',
    stdout: options.stdout ?? 'pipe',
    stderr: options.stderr ?? 'pipe',
    extendEnv: options.environment === undefined,
    ...(options.environment === undefined ? {} : { env: options.environment }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    done: child.then((result) => (result.code === 'ENOENT' ? 127 : (result.exitCode ?? -1))),
    kill: (signal = 'SIGTERM') => {
      child.kill(signal);
    },
  };
}

/** Splits a stream into lines; carriage returns count as line ends so that progress meters are seen. */
export function followLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream === null) return;
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split(/[\r\n]+/);
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') onLine(part);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
