// Wall-clock and CPU time of a command with everything that it starts. A control group counts what a child's rusage
// loses: processes that are killed, re-parented, or live in other namespaces.
import { mkdtemp, readFile, rm, rmdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, type RunOptions } from '../src/common/process.ts';

/** Seconds. */
export interface Usage {
  wall: number;
  user: number;
  system: number;
}

/** A part of a command's run, from the line that began it to the line that began the next. */
export interface Phase extends Usage {
  name: string;
}

export interface Measurement extends Usage {
  /** `cgroup`: everything was counted; `children`: only what was waited for. */
  method: 'cgroup' | 'children';
  /** CPU seconds by the shell's `times`, to compare with the control group's. */
  waitedFor: number;
  /** CPU seconds that the rest of the machine used meanwhile: a measurement with much of it is worth little. */
  others: number;
  phases: Phase[];
  /** What the command printed on standard output and error, by line. */
  lines: string[];
}

export interface MeasureOptions extends Pick<RunOptions, 'cwd' | 'environment' | 'signal'> {
  /** Names the phase that begins with a line, or undefined where none does. Phases need a control group. */
  phaseOf?: (line: string) => string | undefined;
}

/** Joins the group, runs the command, and has the shell say what its children used. */
const WRAPPER =
  'test -z "$1" || echo 0 >"$1/cgroup.procs"; report=$2; shift 2; "$@"; status=$?; times >"$report"; exit $status';

/** How long processes that outlive the command are waited for, in milliseconds. */
const STRAGGLERS = 5000;

/**
 * Runs a command to its end and measures it.
 * Errors: those of `run`; the group is removed in any case.
 */
export async function measure(
  argv: readonly string[],
  options: MeasureOptions = {},
): Promise<Measurement> {
  const group = await makeGroup();
  const scratch = await mkdtemp(join(tmpdir(), 'kronos-bench-'));
  const report = join(scratch, 'times');
  const lines: string[] = [];
  const marks: { name: string; at: Usage }[] = [];
  const { phaseOf, ...runOptions } = options;
  const before = machineSeconds();
  const started = performance.now();
  const now = (): Usage => ({ wall: (performance.now() - started) / 1000, ...readGroup(group) });
  try {
    await run(['sh', '-c', WRAPPER, 'sh', group ?? '', report, ...argv], {
      ...runOptions,
      extendEnvironment: true,
      onLine: (line) => {
        lines.push(line);
        const name = phaseOf?.(line);
        if (name !== undefined) marks.push({ name, at: now() });
      },
    });
    const wall = (performance.now() - started) / 1000;
    await waitForEmpty(group);
    const waited = parseTimes(await readFile(report, 'utf8'));
    const usage = group === undefined ? waited : readGroup(group);
    const end = { ...usage, wall };
    return {
      ...end,
      method: group === undefined ? 'children' : 'cgroup',
      waitedFor: waited.user + waited.system,
      others: Math.max(0, machineSeconds() - before - end.user - end.system),
      phases: group === undefined ? [] : phasesBetween(marks, end),
      lines,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
    if (group !== undefined) await rmdir(group).catch(() => undefined);
  }
}

/** User plus system seconds. */
export function cpuSeconds(usage: Usage): number {
  return usage.user + usage.system;
}

/** Turns moments into what was used between them; what came before the first one is called `start`. */
export function phasesBetween(marks: readonly { name: string; at: Usage }[], end: Usage): Phase[] {
  const begin = { name: 'start', at: { wall: 0, user: 0, system: 0 } };
  const all = [begin, ...marks];
  return all.map(({ name, at }, index) => {
    const next = all[index + 1]?.at ?? end;
    return {
      name,
      wall: next.wall - at.wall,
      user: next.user - at.user,
      system: next.system - at.system,
    };
  });
}

/** The second line of the shell's `times`: user and system seconds of its children. */
export function parseTimes(text: string): { user: number; system: number } {
  const [user = 0, system = 0] = [...text.matchAll(/(\d+)m([\d.]+)s/g)]
    .slice(2)
    .map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  return { user, system };
}

/** A fresh group below our own in the version 2 hierarchy, or undefined where that is not allowed. */
async function makeGroup(): Promise<string | undefined> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const mount = / \/ (\S+) [^\n]* - cgroup2 /.exec(mounts)?.[1];
  const own = /^0::(.*)$/m.exec(await readFile('/proc/self/cgroup', 'utf8'))?.[1];
  if (mount === undefined || own === undefined) return undefined;
  try {
    const group = await mkdtemp(join(mount, own, 'kronos-bench-'));
    readGroup(group);
    return group;
  } catch {
    return undefined;
  }
}

/** What a group has used so far, in seconds. */
function readGroup(group: string | undefined): { user: number; system: number } {
  if (group === undefined) return { user: 0, system: 0 };
  // Not asynchronous: a phase ends when its line arrives.
  const text = readFileSync(join(group, 'cpu.stat'), 'utf8');
  const seconds = (key: string): number =>
    Number(new RegExp(`^${key}_usec (\\d+)$`, 'm').exec(text)?.[1] ?? NaN) / 1e6;
  const usage = { user: seconds('user'), system: seconds('system') };
  if (Number.isNaN(usage.user + usage.system)) throw new TypeError(`${group} counts no CPU time`);
  return usage;
}

/** CPU seconds that all processors have been busy since the machine started; ticks are hundredths on Linux. */
function machineSeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu .*$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[0] ?? ''
  )
    .split(/ +/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / 100;
}

async function waitForEmpty(group: string | undefined): Promise<void> {
  if (group === undefined) return;
  const until = performance.now() + STRAGGLERS;
  while (performance.now() < until) {
    if ((await readFile(join(group, 'cgroup.procs'), 'utf8')) === '') return;
    await sleep(20);
  }
}
