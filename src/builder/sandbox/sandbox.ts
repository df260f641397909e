// Runs a job as root of its own namespaces: real root without further ado, an ordinary user through a user namespace
// with subordinate ids. The bits that come out are the same either way.
import { fileURLToPath } from 'node:url';
import { KronosError, type ErrorClass } from '../../common/error.ts';
import { followLines, start } from '../../common/process.ts';
import type { Progress } from '../../common/progress.ts';
import { CLOCK_SHIFT_VARIABLE, clockShift } from '../clock.ts';
import type { JobMessage } from './job.ts';
import { namespaceCommand, sandboxEnvironment, sandboxProgram } from './namespace.ts';

export interface SandboxOptions {
  progress: Progress;
  signal: AbortSignal;
  /** Directories put before PATH inside. */
  path?: string;
  network?: boolean;
}

/** Who speaks when namespaces are not to be had; without room for one more, the kernel says that no space is left. */
const NO_NAMESPACES = /^\s*(unshare|newuidmap|newgidmap|setpriv): /m;

/** A job mostly waits for programs: threads that V8 wakes for it cost more than they save. */
const FLAGS = ['--enable-source-maps', '--single-threaded'];

/**
 * Runs the job of the module `url` (its `import.meta.url`; it must export `runJob`) in fresh namespaces.
 *
 * Errors: `host/no-namespaces` where the machine does not allow them, `interrupted/cancelled`, and whatever the job
 * itself throws, with its code.
 */
export async function runInSandbox<Output>(
  url: string,
  input: unknown,
  options: SandboxOptions,
): Promise<Output> {
  options.signal.throwIfAborted();
  const uid = process.getuid?.() ?? 0;
  const argv = [
    ...namespaceCommand({ uid, network: options.network ?? false }),
    ...[process.execPath, ...FLAGS, sandboxProgram(), fileURLToPath(url)],
  ];
  const clock = clockShift();
  const child = start(argv, {
    stdin: 'pipe',
    environment: {
      ...sandboxEnvironment(options.path ?? process.env['PATH']),
      ...(clock === undefined ? {} : { [CLOCK_SHIFT_VARIABLE]: String(clock) }),
    },
  });
  const stop = (): void => {
    child.kill('SIGKILL');
  };
  options.signal.addEventListener('abort', stop, { once: true });
  let outcome: JobMessage | undefined;
  const noise: string[] = [];
  followLines(child.stdout, (line) => {
    const message = parseMessage(line);
    if (message === undefined) noise.push(line);
    else if (message.type === 'result' || message.type === 'error') outcome = message;
    else options.progress[message.type](message.text);
  });
  followLines(child.stderr, (line) => noise.push(line));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(JSON.stringify(input));
  const status = await child.done;
  options.signal.removeEventListener('abort', stop);
  if (options.signal.aborted) {
    throw new KronosError('interrupted/cancelled', 'the work in the sandbox was stopped');
  }
  if (outcome?.type === 'result') return outcome.value as Output;
  if (outcome?.type === 'error') throw toError(outcome);
  throw explainDeath(status, noise, uid);
}

function parseMessage(line: string): JobMessage | undefined {
  if (!line.startsWith('{"type":')) return undefined;
  try {
    return JSON.parse(line) as JobMessage;
  } catch {
    return undefined;
  }
}

function toError(message: Extract<JobMessage, { type: 'error' }>): Error {
  if (message.code === undefined) {
    const error = new Error(message.message);
    if (message.stack !== undefined) error.stack = message.stack;
    return error;
  }
  return new KronosError(message.code as `${ErrorClass}/${string}`, message.message, {
    hint: message.hint,
    details: message.details,
  });
}

/** The sandbox ended without a word: say what is most likely wrong with the machine. */
function explainDeath(status: number, noise: readonly string[], uid: number): KronosError {
  const said = noise.slice(-6).join('\n    ');
  if (NO_NAMESPACES.test(said) || status === 127) {
    return new KronosError(
      'host/no-namespaces',
      `this machine does not let us make namespaces:\n    ${said}`,
      {
        hint:
          uid === 0
            ? 'run outside a restricted container, or give the container CAP_SYS_ADMIN'
            : 'install uidmap, give this user a range in /etc/subuid and /etc/subgid, and allow user namespaces; or run as root',
      },
    );
  }
  return new KronosError(
    'internal/sandbox-died',
    `the sandbox ended with status ${status}:\n    ${said}`,
    {
      hint: 'the machine may have run out of memory; see dmesg',
    },
  );
}
