// A running machine: started from its plan, talked to over its console, and never left behind.
import { copyFile } from 'node:fs/promises';
import { KronosError } from '../common/error.ts';
import { start, type Child } from '../common/process.ts';
import { ownEnvironment } from './acceleration.ts';
import { openConsole, type Console } from './console.ts';
import type { MachinePlan } from './machine.ts';
import { connectWhenThere } from './socket.ts';

export interface Vm {
  /** Undefined where the serial line goes to a file. */
  console: Console | undefined;
  pid: number | undefined;
  /** Resolves with QEMU's exit code (-1: ended by a signal). */
  done: Promise<number>;
  /** What QEMU itself complained about, so far. */
  complaints: () => string;
  /** Ends QEMU, gently at first; resolves when it is gone. Safe to call twice. */
  stop: () => Promise<void>;
}

export interface StartOptions {
  serialLog?: string | undefined;
  /** The terminal itself for QEMU, for `curses`. */
  terminal?: boolean | undefined;
}

/** Seconds until a QEMU that does not end is killed. */
const STOP_SECONDS = 5;

/**
 * Makes the plan's files and starts the machine. QEMU dies with this process, however that ends.
 * Errors: those of node:fs for the files, `dependency/tool-missing`, `host/qemu-failed`.
 */
export async function startVm(plan: MachinePlan, options: StartOptions = {}): Promise<Vm> {
  for (const { path, copyOf } of plan.files) await copyFile(copyOf, path);
  // Without the death signal a killed `kronos` or test would leave gigabytes of QEMU behind.
  const child = start(['setpriv', '--pdeathsig', 'KILL', ...plan.argv], {
    environment: { ...ownEnvironment(), ...plan.environment },
    stdin: options.terminal === true ? 'inherit' : 'pipe',
    stdout: options.terminal === true ? 'inherit' : 'pipe',
    stderr: 'pipe',
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-8192);
  });
  const stop = createStop(child);
  let terminal: Console | undefined;
  try {
    if (plan.serialSocket !== undefined) {
      const socket = await Promise.race([
        connectWhenThere(plan.serialSocket),
        child.done.then((code) => {
          throw qemuFailed(code, withoutNoise(complaints));
        }),
      ]);
      terminal = openConsole(socket, socket, { log: options.serialLog });
    } else if (options.terminal !== true && child.stdout !== null) {
      terminal = openConsole(child.stdout, child.stdin, { log: options.serialLog });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    console: terminal,
    pid: child.pid,
    done: child.done,
    complaints: () => withoutNoise(complaints),
    stop,
  };
}

/** The error for a QEMU that ended with a failure of its own. */
export function qemuFailed(exitCode: number, complaints: string): KronosError {
  const said = complaints.trim();
  if (exitCode === 127) {
    return new KronosError(
      'dependency/tool-missing',
      `QEMU cannot be run${said === '' ? '' : `: ${said}`}`,
      {
        hint: 'see what is missing with: kronos doctor',
      },
    );
  }
  const how = exitCode === -1 ? 'was ended by a signal' : `ended with exit code ${exitCode}`;
  return new KronosError(
    'host/qemu-failed',
    `QEMU ${how}${said === '' ? '' : `:\n    ${said.split('\n').slice(-8).join('\n    ')}`}`,
    {
      hint: 'is there enough free memory, and are the image files readable and not used by another machine?',
    },
  );
}

/** Takes out what TCG says on every start of a machine with SVM. */
function withoutNoise(complaints: string): string {
  return complaints
    .split('\n')
    .filter((line) => !line.includes("warning: TCG doesn't support requested feature"))
    .join('\n');
}

function createStop(child: Child): () => Promise<void> {
  return async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000);
    await child.done;
    clearTimeout(timer);
  };
}
