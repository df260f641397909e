// Runs the checks that the recipes declare, inside of the booted appliance.
import { readFile } from 'node:fs/promises';
import { CommandError, run } from '../common/process.ts';
import type { Appliance, ApplianceCheck } from './appliance.ts';

export type Boot = 'xen' | 'native';

export interface CheckResult {
  name: string;
  recipe: string;
  ok: boolean;
  /** True where the check is for another kind of boot; then it counts as ok. */
  skipped: boolean;
  seconds: number;
  /** -1: it did not end by itself. */
  exitCode: number;
  /** One sentence for a check that failed. */
  why?: string;
  /** The end of what it printed. */
  output: string;
}

export interface SelfTest {
  format: 1;
  edition: string;
  version: string;
  toolstack: string;
  boot: Boot;
  ok: boolean;
  seconds: number;
  /** Seconds since the kernel started, when the self-test began. */
  uptime: number;
  checks: CheckResult[];
}

export interface SelfTestOptions {
  boot: Boot;
  /** True where the system runs from a medium: what only that has is checked too. */
  medium: boolean;
  /** Seconds for the system to come up. */
  bootTimeout: number;
  /** The systemctl to ask; undefined: the system's state is not part of the test. */
  systemctl: readonly string[] | undefined;
  onResult?: ((result: CheckResult) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Bytes of a check's output that the report keeps. */
const OUTPUT_TAIL = 2000;

/** Seconds between the polite and the deadly signal for a check that takes too long. */
const KILL_AFTER = 5;

/** Exit code of coreutils' timeout. */
const TIMED_OUT = 124;

/** `xen` in a domain of Xen. A dom0 does not show in the processor's flags, so the kernel is asked. */
export async function detectBoot(path = '/sys/hypervisor/type'): Promise<Boot> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim() === 'xen' ? 'xen' : 'native';
}

/** Waits for the system to come up, then runs every check, one after the other. Never throws for a failing check. */
export async function runSelfTest(
  appliance: Appliance,
  options: SelfTestOptions,
): Promise<SelfTest> {
  const started = performance.now();
  const uptime = Number((await readFile('/proc/uptime', 'utf8').catch(() => '0')).split(' ')[0]);
  const checks: CheckResult[] = [];
  const add = (result: CheckResult): void => {
    checks.push(result);
    options.onResult?.(result);
  };
  if (options.systemctl !== undefined) {
    add(await checkSystem(options.systemctl, options.bootTimeout, options.signal));
  }
  const live = new Set(
    appliance.recipes.filter(({ layer }) => layer === 'live').map(({ name }) => name),
  );
  for (const check of appliance.checks) {
    const fits =
      (check.where === 'always' || check.where === options.boot) &&
      (options.medium || !live.has(check.recipe));
    add(fits ? await runCheck(check, options.signal) : skip(check));
  }
  return {
    format: 1,
    edition: appliance.edition,
    version: appliance.version,
    toolstack: appliance.toolstack.name,
    boot: options.boot,
    ok: checks.every(({ ok }) => ok),
    seconds: round((performance.now() - started) / 1000),
    uptime: round(uptime),
    checks,
  };
}

/** Runs one check: exit code 0 within the time, and output that matches. */
export async function runCheck(check: ApplianceCheck, signal?: AbortSignal): Promise<CheckResult> {
  const { exitCode, seconds, output } = await execute(check.run, check.timeout, signal);
  const why = judge(check, exitCode, output);
  return {
    name: check.name,
    recipe: check.recipe,
    ok: why === undefined,
    skipped: false,
    seconds: round(seconds),
    exitCode: exitCode === TIMED_OUT ? -1 : exitCode,
    ...(why === undefined ? {} : { why }),
    output: tailOf(output),
  };
}

/** Why a check failed, or undefined. Pure. */
export function judge(
  check: Pick<ApplianceCheck, 'run' | 'expect' | 'timeout'>,
  exitCode: number,
  output: string,
): string | undefined {
  const program = check.run[0] ?? '';
  if (exitCode === TIMED_OUT) return `${program} did not end within ${check.timeout} s`;
  if (exitCode === 127) return `${program} is not there`;
  if (exitCode !== 0) return `${program} ended with exit code ${exitCode}`;
  if (check.expect === undefined) return undefined;
  let pattern: RegExp;
  try {
    pattern = new RegExp(check.expect, 'm');
  } catch {
    return `the check expects ${JSON.stringify(check.expect)}, which is not a regular expression`;
  }
  return pattern.test(output)
    ? undefined
    : `the output does not match ${JSON.stringify(check.expect)}`;
}

/**
 * The system must have come up whole: `systemctl is-system-running` says `running`, not `degraded`. Units that failed
 * are named.
 */
async function checkSystem(
  systemctl: readonly string[],
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<CheckResult> {
  const { exitCode, seconds, output } = await execute(
    [...systemctl, 'is-system-running', '--wait'],
    timeout,
    signal,
  );
  const state = output.trim().split('\n').at(-1) ?? '';
  const result = {
    name: 'system-is-running',
    recipe: '',
    skipped: false,
    seconds: round(seconds),
    exitCode: exitCode === TIMED_OUT ? -1 : exitCode,
  };
  if (exitCode === 0) return { ...result, ok: true, output: state };
  if (exitCode === TIMED_OUT) {
    const jobs = await execute([...systemctl, 'list-jobs', '--no-pager', '--full'], 30, signal);
    const why = `the system did not come up within ${timeout} s`;
    return { ...result, ok: false, why, output: tailOf(jobs.output) };
  }
  const failed = await execute(
    [...systemctl, 'list-units', '--failed', '--no-legend', '--plain', '--no-pager', '--full'],
    30,
    signal,
  );
  const names = failed.output
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name !== '');
  const why =
    names.length === 0 ? `the system is ${state}` : `these units failed: ${names.join(', ')}`;
  return { ...result, ok: false, why, output: tailOf(failed.output) };
}

/** Runs a program under `timeout`, which ends its children too; `run` would wait for them. */
async function execute(
  argv: readonly string[],
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<{ exitCode: number; seconds: number; output: string }> {
  const started = performance.now();
  const lines: string[] = [];
  const options = {
    onLine: (line: string) => lines.push(line),
    timeoutSeconds: timeout + 2 * KILL_AFTER,
    signal,
  };
  let exitCode: number;
  try {
    const guarded = ['timeout', `--kill-after=${KILL_AFTER}`, String(timeout), ...argv];
    ({ exitCode } = await run(guarded, options));
  } catch (error) {
    if (signal?.aborted === true) throw error;
    // A program that ignores the first signal takes `timeout` down with it: no exit code then.
    exitCode = error instanceof CommandError && error.status >= 0 ? error.status : TIMED_OUT;
    if (exitCode === 137) exitCode = TIMED_OUT;
  }
  return { exitCode, seconds: (performance.now() - started) / 1000, output: lines.join('\n') };
}

function skip(check: ApplianceCheck): CheckResult {
  const { name, recipe } = check;
  return { name, recipe, ok: true, skipped: true, seconds: 0, exitCode: 0, output: '' };
}

function tailOf(output: string): string {
  return output.length <= OUTPUT_TAIL ? output : `...${output.slice(-OUTPUT_TAIL)}`;
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
