// Boots machines for scenarios: the lab's programs, the console with what scenarios ask of it, and a record of times.
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SelfTest } from '../../src/appliance/check-run.ts';
import { END_MARKER } from '../../src/appliance/selftest-report.ts';
import { probeAcceleration, type Acceleration } from '../../src/lab/acceleration.ts';
import type { Console, Found } from '../../src/lab/console.ts';
import { serveDirectory, type Request } from '../../src/common/file-server.ts';
import type { MachineOptions } from '../../src/lab/machine-options.ts';
import { planMachine } from '../../src/lab/machine.ts';
import { labPrograms, type Programs } from '../../src/lab/programs.ts';
import { askQemu } from '../../src/lab/qmp.ts';
import { HOPELESS } from '../../src/lab/try.ts';
import { startVm } from '../../src/lab/vm.ts';
import { renderScreen } from './screen.ts';
import { findSelfTest } from './selftest-report.ts';

export interface BootOptions extends Omit<
  MachineOptions,
  'programs' | 'directory' | 'acceleration' | 'serial' | 'qmp'
> {
  /** For the record of times and the name of the serial log. */
  name: string;
  /** Directory to serve over HTTP on the loopback address. */
  http?: { directory: string; port: number } | undefined;
  /** Words before QEMU's own, such as those that lead into a namespace. */
  within?: readonly string[] | undefined;
}

export interface Machine {
  console: Console;
  /** Waits for a text; panics and the like fail at once. The time is recorded. */
  expect: (pattern: string | RegExp, timeoutSeconds?: number) => Promise<Found>;
  send: Console['send'];
  /** Types like a person: a BIOS keeps 16 keys and drops the rest. */
  type: (keys: string) => Promise<void>;
  /** Waits for the self-test's report and returns it. */
  selfTest: (timeoutSeconds?: number) => Promise<SelfTest>;
  /** The serial terminal as a person sees it. */
  screen: () => Promise<string[]>;
  /** Sends a command to QEMU's control socket, for example `system_powerdown`. */
  ask: (command: string, parameters?: Record<string, unknown>) => Promise<unknown>;
  /** What was fetched over HTTP so far. */
  requests: readonly Request[];
  /** Waits until the guest switched itself off. */
  off: (timeoutSeconds?: number) => Promise<void>;
  /** Cuts the power: nothing is told to the guest, and nothing of QEMU's own is finished. */
  cut: () => Promise<void>;
  /** Ends the machine and removes what it had; safe to call twice. */
  stop: () => Promise<void>;
}

/** Generous: the machine that runs the tests may be shared, and without KVM everything takes its time. */
const TIMEOUT = 900;

/** Between two typed keys. */
const KEY_MS = 60;

/** Where times and serial logs are kept. */
export const OUT = process.env['KRONOS_VM_OUT'] ?? 'out';

let acceleration: Promise<Acceleration> | undefined;

/** The programs of the lab. Errors: where KRONOS_LAB_ROOT does not say where they are. */
export function findPrograms(): Programs {
  const root = process.env['KRONOS_LAB_ROOT'];
  if (root === undefined || root === '') {
    throw new Error(
      'KRONOS_LAB_ROOT must name the directory with the unpacked packages of the lab',
    );
  }
  return labPrograms(root);
}

/** Starts a machine. Call `stop` in a teardown. */
export async function bootMedium(options: BootOptions): Promise<Machine> {
  const { name, http, within = [], ...machine } = options;
  const programs = findPrograms();
  acceleration ??= probeAcceleration(programs);
  const { kind } = await acceleration;
  const directory = await mkdtemp(join(tmpdir(), 'kronos-vm-'));
  const serialLog = join(OUT, 'vm-logs', `${name.replace(/[^a-z0-9]+/gi, '-')}.log`);
  await mkdir(dirname(serialLog), { recursive: true });
  const requests: Request[] = [];
  const server =
    http === undefined
      ? undefined
      : await serveDirectory(http.directory, {
          port: http.port,
          onRequest: (request) => requests.push(request),
        });
  const plan = planMachine({
    ...machine,
    programs,
    directory,
    acceleration: kind,
    serial: { type: 'pipe' },
    qmp: true,
  });
  const vm = await startVm({ ...plan, argv: [...within, ...plan.argv] }, { serialLog });
  await raisePriority(vm.pid);
  const { console } = vm;
  if (console === undefined) throw new Error('a machine with a piped serial line has a console');
  const started = performance.now();

  const expect: Machine['expect'] = async (pattern, timeoutSeconds = TIMEOUT) => {
    try {
      const found = await console.until(pattern, { timeoutSeconds, failOn: HOPELESS });
      await record({
        name,
        kind,
        firmware: options.firmware,
        reached: String(pattern),
        seconds: found.seconds,
      });
      return found;
    } catch (error) {
      const complaints = vm.complaints().trim();
      if (complaints === '') throw error;
      // Not as a cause alone: the reporter of the tests shows none.
      throw new Error(`${(error as Error).message}\nQEMU said: ${complaints}`, { cause: error });
    }
  };
  return {
    console,
    expect,
    send: console.send,
    type: async (keys) => {
      for (const key of keys) {
        console.send(key);
        await new Promise((resolve) => setTimeout(resolve, KEY_MS));
      }
    },
    selfTest: async (timeoutSeconds = TIMEOUT) => {
      await expect(new RegExp(`${END_MARKER} sha256=[0-9a-f]{64}`), timeoutSeconds);
      const report = findSelfTest(console.transcript());
      if (report === undefined) throw new Error('the self-test ended without having begun');
      return report;
    },
    screen: async () => await renderScreen(await readFile(serialLog)),
    ask: async (command, parameters) => {
      if (plan.qmpSocket === undefined) throw new Error('the machine has no control socket');
      return await askQemu(plan.qmpSocket, command, parameters);
    },
    requests,
    off: async (timeoutSeconds = TIMEOUT) => {
      const late = new Promise<never>((_, reject) => {
        setTimeout(() => {
          reject(new Error(`${name} did not switch off within ${timeoutSeconds} s`));
        }, timeoutSeconds * 1000).unref();
      });
      await Promise.race([vm.done, late]);
      const seconds = (performance.now() - started) / 1000;
      await record({ name, kind, firmware: options.firmware, reached: 'off', seconds });
    },
    cut: async () => {
      if (vm.pid !== undefined) process.kill(vm.pid, 'SIGKILL');
      await vm.done;
    },
    stop: async () => {
      await vm.stop();
      await console.closed;
      await server?.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** `nice` acts only inside of one session; this acts between sessions. Harmless where it is not allowed. */
async function raisePriority(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  await writeFile(`/proc/${pid}/autogroup`, '-15').catch(() => undefined);
}

/** Adds a line to the record of times. */
async function record(entry: {
  name: string;
  kind: string;
  firmware: string;
  reached: string;
  seconds: number;
}): Promise<void> {
  const line = { ...entry, seconds: Math.round(entry.seconds * 10) / 10 };
  await appendFile(join(OUT, 'vm-times.jsonl'), `${JSON.stringify(line)}\n`);
}
