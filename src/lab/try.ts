// kronos try: boots a medium in a virtual machine, for a person at its console or until a text is seen.
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { KronosError } from '../common/error.ts';
import { serveDirectory, type FileServer } from '../common/file-server.ts';
import { exists, withTemporaryDirectory } from '../common/files.ts';
import { formatSeconds } from '../common/format.ts';
import type { Progress } from '../common/progress.ts';
import { probeAcceleration, type Acceleration } from './acceleration.ts';
import type { Console } from './console.ts';
import { planMachine } from './machine.ts';
import type { Attachment, Disk, DisplayKind, Firmware, MachineOptions } from './machine-options.ts';
import type { Programs } from './programs.ts';
import { attachTerminal } from './terminal.ts';
import { qemuFailed, startVm, type Vm } from './vm.ts';

export interface TryOptions {
  programs: Programs;
  /** ISO or disk image; it is never written. */
  medium?: string | undefined;
  firmware: Firmware;
  attach: Attachment;
  /** Directory of a network boot tree to boot from instead of the medium. */
  pxe?: { directory: string; bootfile: string; httpPort: number } | undefined;
  /** Disks that the guest may write to. */
  disks: readonly Disk[];
  /** Text to wait for, then end. Without it the machine runs until it is left or switches itself off. */
  until?: string | undefined;
  timeoutSeconds: number;
  serialLog?: string | undefined;
  /** Key of a boot menu entry, pressed once the menu is seen on the serial line. */
  entry?: string | undefined;
  display: DisplayKind | 'serial';
  memory?: number | undefined;
  cpus?: number | undefined;
  /** Taken as it is; probed where it is not given. */
  acceleration?: Acceleration | undefined;
  /** The person's terminal for `serial`; undefined: nobody watches. */
  terminal?: { input: Readable; output: Writable } | undefined;
}

export interface TryResult {
  /** Whether the text was seen; true without one. */
  reached: boolean;
  /** The line that the text was in. */
  line: string | undefined;
  /** Seconds from the start of QEMU to the text or to the end. */
  seconds: number;
  /** How it ended: the text was seen, or the machine was switched off or left. */
  ended: 'reached' | 'off';
  acceleration: Acceleration;
  serialLog: string | undefined;
}

/** What a boot never comes back from; waiting for the timeout would only hide it. */
export const HOPELESS: readonly RegExp[] = [
  /Kernel panic - not syncing/,
  /Panic on CPU \d+/,
  /No bootable device/,
  /You are in emergency mode/,
];

/** What GRUB writes below its menu in any of its looks, and its own name above it. */
const MENU = /GNU GRUB|Use the .* keys|will be executed automatically/;

/** GRUB draws its menu for a while after the first line of it; keys before that are lost on some firmware. */
const MENU_SETTLES_MS = 1500;

/**
 * Boots and watches one machine.
 *
 * Errors: `input/*` for options that do not fit, `input/no-such-file`, `host/port-unavailable`, `host/qemu-failed`,
 * `verification/not-reached` with the end of the serial line, `interrupted/cancelled`. QEMU is gone in any case.
 */
export async function tryMedium(
  options: TryOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<TryResult> {
  await checkFiles(options);
  progress.note('looking how fast machines can run here');
  const acceleration = options.acceleration ?? (await probeAcceleration(options.programs));
  if (acceleration.kind === 'tcg') {
    progress.log(`without KVM (${acceleration.reason}): the machine runs, but slowly`);
  }
  return await withTemporaryDirectory(tmpdir(), async (directory) => {
    const plan = planMachine(machineOptions(options, directory, acceleration));
    let server: FileServer | undefined;
    let vm: Vm | undefined;
    const started = performance.now();
    try {
      if (options.pxe !== undefined) {
        server = await serveDirectory(options.pxe.directory, {
          port: options.pxe.httpPort,
          what: 'the network boot',
          refusal: {
            location: { file: '--http-port' },
            hint: 'run as root, or name another port that the boot tree asks for with --http-port PORT',
          },
          onRequest: (request) => {
            progress.log(`http ${request.status} ${request.method} ${request.path}`);
          },
        });
      }
      signal.throwIfAborted();
      vm = await startVm(plan, {
        serialLog: options.serialLog,
        terminal: options.display === 'curses',
      });
      progress.note(`the machine runs (${options.firmware}, ${acceleration.kind})`);
      const line = await watch(vm, options, progress, signal);
      const seconds = (performance.now() - started) / 1000;
      return {
        reached: true,
        line,
        seconds,
        ended: line === undefined ? ('off' as const) : ('reached' as const),
        acceleration,
        serialLog: options.serialLog,
      };
    } catch (error) {
      if (signal.aborted && !(error instanceof KronosError && error.class === 'interrupted')) {
        throw new KronosError('interrupted/cancelled', 'the machine was stopped', { cause: error });
      }
      throw error;
    } finally {
      await vm?.stop();
      await vm?.console?.closed;
      await server?.close();
    }
  });
}

/** Waits for what is asked for; the line with the text, or undefined where the machine just ended. */
async function watch(
  vm: Vm,
  options: TryOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<string | undefined> {
  const terminal = vm.console;
  const stopShowing = terminal?.onLine((line) => progress.note(line.slice(0, 100)));
  const detach =
    terminal !== undefined && options.terminal !== undefined && options.display === 'serial'
      ? attachTerminal(terminal, options.terminal, { interactive: options.until === undefined })
      : undefined;
  try {
    const deadline = performance.now() + options.timeoutSeconds * 1000;
    if (options.entry !== undefined && terminal !== undefined) {
      await chooseEntry(terminal, options.entry, options.timeoutSeconds, signal);
    }
    if (options.until === undefined || terminal === undefined) {
      await ended(vm, signal);
      return undefined;
    }
    const left = Math.max(0.001, (deadline - performance.now()) / 1000);
    return await lineOf(vm, terminal, options.until, left, signal);
  } finally {
    detach?.();
    stopShowing?.();
  }
}

async function lineOf(
  vm: Vm,
  terminal: Console,
  text: string,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<string> {
  try {
    const found = await terminal.until(text, { timeoutSeconds, signal, failOn: HOPELESS });
    const said = terminal.transcript();
    const at = said.indexOf(text);
    const start = said.lastIndexOf('\n', at) + 1;
    const end = said.indexOf('\n', at);
    return at < 0 ? found.match : said.slice(start, end < 0 ? undefined : end).trim();
  } catch (error) {
    // A QEMU that failed says why better than a serial line that ended.
    if (terminal.ended()) {
      const exitCode = await vm.done;
      if (exitCode > 0) throw qemuFailed(exitCode, vm.complaints());
    }
    throw error;
  }
}

async function chooseEntry(
  terminal: Console,
  key: string,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  await terminal.until(MENU, { timeoutSeconds, signal, failOn: HOPELESS });
  await new Promise((resolve) => setTimeout(resolve, MENU_SETTLES_MS));
  terminal.send(key);
}

/** Waits for the machine's end or for the person's Ctrl-C. */
async function ended(vm: Vm, signal: AbortSignal): Promise<void> {
  const cancelled = new Promise<'cancelled'>((resolve) => {
    if (signal.aborted) resolve('cancelled');
    signal.addEventListener('abort', () => resolve('cancelled'), { once: true });
  });
  const end = await Promise.race([vm.done, cancelled]);
  if (end === 'cancelled')
    throw new KronosError('interrupted/cancelled', 'the machine was stopped');
  if (end !== 0) throw qemuFailed(end, vm.complaints());
}

/** The machine that the options describe. */
export function machineOptions(
  options: TryOptions,
  directory: string,
  acceleration: Acceleration,
): MachineOptions {
  const { pxe, medium } = options;
  const display = options.display === 'serial' ? 'none' : options.display;
  return {
    programs: options.programs,
    directory,
    firmware: options.firmware,
    acceleration: acceleration.kind,
    medium: medium === undefined ? undefined : { path: medium, attach: options.attach },
    disks: options.disks,
    nics: [
      {
        model: 'e1000',
        link: { type: 'user', tftp: pxe?.directory, bootfile: pxe?.bootfile },
      },
    ],
    bootFrom: pxe !== undefined ? 'network' : medium !== undefined ? 'medium' : 'disk',
    memory: options.memory,
    cpus: options.cpus,
    display,
    // A network boot that fails says so only on the screen, unless it is redirected.
    redirect: pxe !== undefined && display === 'none',
    serial: display === 'curses' ? { type: 'socket' } : { type: 'pipe' },
  };
}

async function checkFiles(options: TryOptions): Promise<void> {
  const { medium, pxe, disks } = options;
  if (medium === undefined && pxe === undefined && disks.length === 0) {
    throw new KronosError('input/missing-argument', 'there is nothing to boot', {
      hint: 'name an ISO or disk image, a boot tree with --pxe DIR, or a disk with --disk FILE',
    });
  }
  for (const path of [medium, pxe?.directory, ...disks.map((disk) => disk.path)]) {
    if (path === undefined || (await exists(path))) continue;
    throw new KronosError('input/no-such-file', `${path} does not exist`, {
      hint: disks.some((disk) => disk.path === path)
        ? `make an empty disk first: truncate -s 20G ${basename(path)}`
        : 'build it first with: kronos build',
    });
  }
  if (options.until === '') {
    throw new KronosError('input/wrong-value', 'the text to wait for is empty', {
      location: { file: '--until' },
    });
  }
  if (options.entry !== undefined && !/^[\x21-\x7e]$/.test(options.entry)) {
    throw new KronosError('input/wrong-value', `${JSON.stringify(options.entry)} is not one key`, {
      location: { file: '--entry' },
      hint: 'the boot menu shows the key of each entry in brackets',
    });
  }
}

/** One line for people about how it went. */
export function describeTry(result: TryResult): string {
  const how = result.acceleration.kind === 'kvm' ? 'with KVM' : 'without KVM';
  const time = formatSeconds(result.seconds);
  return result.line === undefined
    ? `The machine ended after ${time} (${how}).`
    : `Reached after ${time} (${how}): ${result.line}`;
}
