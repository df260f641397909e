// The command line as a person runs it, and a look at what it leaves on the machine.
import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

/** The compiled command line. */
export const PROGRAM = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));

export interface RunOptions {
  /** Put before the program: namespaces, other users. */
  before?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  cwd?: string;
}

export interface Ended {
  /** Undefined where a signal ended it. */
  status: number | undefined;
  stdout: string;
  stderr: string;
}

/** A run of the command line that is under way. */
export class Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  #stderr = '';
  #stdout = '';
  readonly #watchers: (() => void)[] = [];

  constructor(args: readonly string[], options: RunOptions) {
    const argv = [...(options.before ?? []), process.execPath, PROGRAM, ...args];
    this.process = spawn(argv[0] ?? '', argv.slice(1), {
      cwd: options.cwd,
      env: { ...process.env, no_proxy: '127.0.0.1', ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that it can be interrupted as a terminal does it.
      detached: true,
    });
    this.process.stdout?.on('data', (data: Buffer) => (this.#stdout += data.toString()));
    this.process.stderr?.on('data', (data: Buffer) => {
      this.#stderr += data.toString();
      for (const watcher of this.#watchers) watcher();
    });
    this.ended = new Promise((resolve, reject) => {
      this.process.once('error', reject);
      // Not `close`: a child that was left behind would hold the pipes, and that is for the tests to find out.
      this.process.once('exit', (code) => {
        setTimeout(() => {
          resolve({ status: code ?? undefined, stdout: this.#stdout, stderr: this.#stderr });
        }, 100);
      });
    });
  }

  /** Waits for a text on standard error; false where the program ended without it. */
  async saw(text: string): Promise<boolean> {
    const there = new Promise<boolean>((resolve) => {
      const look = (): void => {
        if (this.#stderr.includes(text)) resolve(true);
      };
      this.#watchers.push(look);
      look();
    });
    return Promise.race([there, this.ended.then(() => this.#stderr.includes(text))]);
  }
}

/** Starts `kronos ARGS...`. */
export function startKronos(args: readonly string[], options: RunOptions = {}): Running {
  return new Running(args, options);
}

/** Runs `kronos ARGS...` to its end. */
export async function kronos(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return startKronos(args, options).ended;
}

/** Runs it, expects it to end well, and gives what it printed. */
export async function succeed(
  t: ExecutionContext,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const ended = await kronos(args, options);
  if (ended.status !== 0) t.log(`kronos ${args.join(' ')}\n${ended.stderr}`);
  t.is(ended.status, 0, `kronos ${args.join(' ')}`);
  return ended;
}

/** What a person reads of a failure: from the line `error ...` on, with places and digests of this run taken out. */
export function complaint(ended: Ended, places: Readonly<Record<string, string>> = {}): string {
  let text = /^error .*/ms.exec(ended.stderr)?.[0] ?? `no complaint:\n${ended.stderr}`;
  const known = Object.entries(places).sort(([, a], [, b]) => b.length - a.length);
  for (const [name, place] of known) text = text.replaceAll(place, `<${name}>`);
  return text
    .replace(/\b[0-9a-f]{62,64}\b/g, '<sha256>')
    .replace(/(<cache>\S*\/)[0-9a-f]{2}\/<sha256>/g, '$1<sha256>')
    .replace(/127\.0\.0\.1(?::\d+)?/g, 'mirror.example')
    .replace(/\/work\/\d+\.\d+\.\d+-\w+/g, '/work/<run>');
}

/** Mounts of this mount namespace. */
async function mounts(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return text.split('\n').map((line) => line.split(' ').slice(2, 5).join(' '));
}

interface Process {
  pid: string;
  group: string;
  command: string;
}

async function processes(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return {
        pid,
        state: fields[0] ?? 'X',
        group: fields[2] ?? '',
        command: command.replaceAll('\0', ' '),
      };
    }),
  );
  // Those that have ended and only wait for somebody to ask how do nothing any more.
  return found.filter((one) => one.state !== 'X' && one.state !== 'Z');
}

/** Remembers the mounts of the machine and follows the processes of runs, to say afterwards what is left of them. */
export class Leftovers {
  readonly #mounts: readonly string[];
  readonly #groups = new Set<string>();
  readonly #place: string;

  private constructor(place: string, before: readonly string[]) {
    this.#place = place;
    this.#mounts = before;
  }

  /** `place` is a directory that occurs in the arguments of everything that is started. */
  static async watch(place: string): Promise<Leftovers> {
    return new Leftovers(place, await mounts());
  }

  /** Has the processes of a run looked for: whatever it starts stays in its process group, in whatever namespace. */
  note(running: Running): void {
    this.#groups.add(String(running.process.pid));
  }

  /** What is still there, in words; waits some seconds for what is about to end. */
  async list(): Promise<string[]> {
    let left: string[] = [];
    for (let round = 0; round < 50; round += 1) {
      left = await this.#look();
      if (left.length === 0) return [];
      await sleep(100);
    }
    return left;
  }

  async #look(): Promise<string[]> {
    const left = (await mounts())
      .filter((mount) => !this.#mounts.includes(mount) && mount.includes(this.#place))
      .map((mount) => `mount ${mount}`);
    for (const { pid, group, command } of await processes()) {
      const named = command.includes(this.#place) && pid !== String(process.pid);
      if (named || this.#groups.has(group)) left.push(`process ${pid} ${command}`);
    }
    return left;
  }
}
