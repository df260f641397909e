// The program kronos-firstboot: makes an installed host what its host file says, and says how far it is.
import { watchFile } from 'node:fs';
import { rm } from 'node:fs/promises';
import { EXIT_CODES, exitCodeOf, formatError, KronosError, KronosErrors } from '../common/error.ts';
import { exists } from '../common/files.ts';
import { createScrubber, scrubError, scrubValue } from '../steps/scrub.ts';
import { abortOnSignals } from '../steps/signals.ts';
import { joinSinks, journalSink, jsonSink, textSink } from '../steps/sinks.ts';
import { runIndependent } from '../steps/run-independent.ts';
import { adopt } from './adopt/adopt.ts';
import { restartIfCutOff } from './adopt/cut-off.ts';
import { describeAdoption, describeRelease } from './adopt/describe.ts';
import { release } from './adopt/release.ts';
import { armXen, notStarted, XEN } from './adopt/steps.ts';
import { requireHost } from './adopt/surroundings.ts';
import { THIS_HOST } from './adopt/system.ts';
import { isControlDomain } from './adopt/xen.ts';
import { lookAtSteps } from './look.ts';
import { makeContext, type BootContext } from './context.ts';
import { describePlan } from './describe.ts';
import { INSTALLED, readInstalled } from './installed.ts';
import { noXapi } from './xapi/own.ts';
import { isAskedFor, readCoordinator } from './xapi/coordinator.ts';
import { copyInventory, prepareXapi } from './xapi/prepare/prepare.ts';
import { refreshIssue, writeIssue } from './issue.ts';
import { forgetRefusal } from './network/refusal.ts';
import { describeObstacles, join, preflight } from './pool/command.ts';
import { HELP, parseOptions, type FirstbootOptions } from './options.ts';
import { resend, startBootReport } from './report.ts';
import { openSecrets, type SecretOptions } from './open-secrets.ts';
import { beginState, endState, readState, STATE, stateSink, writeState } from './state.ts';
import { describeState } from './status.ts';
import { bootSteps } from './steps.ts';
import { lockRun } from './lock.ts';
import { readToolstack } from './toolstack.ts';

/** Kept over updates: /var/log is state. */
const JOURNAL = '/var/log/kronos/firstboot.jsonl';

async function main(argv: readonly string[]): Promise<void> {
  const options = parseOptions(argv);
  const commands: Record<FirstbootOptions['command'], () => Promise<void>> = {
    help: () => write(HELP),
    plan: () => showPlan(options),
    apply: () => apply(options),
    status: () => showStatus(options),
    retry: () => retry(options),
    report: () => report(),
    reset: () => reset(),
    preflight: () => showPreflight(options),
    join: () => joinNamed(options),
    prepare: () => prepare(),
    adopt: () => adoptHost(options),
    release: () => releaseHost(options),
  };
  await commands[options.command]();
}

function write(text: string): Promise<void> {
  process.stdout.write(text);
  return Promise.resolve();
}

async function openContext(signal: AbortSignal, options: SecretOptions): Promise<BootContext> {
  const toolstack = await readToolstack();
  const secrets = await openSecrets(toolstack, options);
  return makeContext(secrets.hostFile, await readInstalled(), { toolstack, signal, ...secrets });
}

async function showPlan({ json }: FirstbootOptions): Promise<void> {
  // Whether a login on the disk is still the right one.
  const context = await openContext(new AbortController().signal, { wanted: ['storage'] });
  const steps = await lookAtSteps(await bootSteps(context), context);
  const { bridges } = context;
  await write(
    json ? `${JSON.stringify({ bridges, steps }, undefined, 2)}\n` : describePlan(context, steps),
  );
}

/** Errors: those of the steps that failed, all together. */
async function apply({ command, json }: FirstbootOptions): Promise<void> {
  const { signal } = abortOnSignals();
  const unlock = await lockRun();
  try {
    const context = await openContext(signal, { move: true });
    const steps = await bootSteps(context);
    const before = await readState().catch(() => undefined);
    const state = stateSink(beginState(steps, context, new Date()));
    const say = (text: string): void => {
      process.stdout.write(text);
    };
    const scrub = createScrubber(secretsIn(context));
    const note = (text: string): void => {
      process.stderr.write(`${scrub(text)}\n`);
    };
    const always = before?.result !== 'ready';
    const report = startBootReport({ context, journal: JOURNAL, scrub, note, always });
    const sink = joinSinks([
      state.sink,
      () => writeIssue(state.current()),
      journalSink(JOURNAL, note),
      json ? jsonSink(say) : textSink(say),
      report.sink,
    ]);
    const outcomes = await runIndependent(steps, context, {
      ...{ stage: 'firstboot', signal },
      sink: (event) => {
        sink(scrubValue(event, scrub));
      },
    });
    if (context.toolstack === 'xapi') await copyInventory();
    const errors = outcomes.flatMap(({ error }) => (error === undefined ? [] : [asError(error)]));
    const error = errors.length === 0 ? undefined : scrubError(new KronosErrors(errors), scrub);
    const coordinator = isAskedFor(context.hostFile) ? await readCoordinator() : undefined;
    await report.finish({
      ...{ error, facts: { coordinator } },
      // A run that is cut before has not ended, so that the next one reports.
      whenKept: () => {
        const end = endState(state.current(), new Date());
        writeState(end);
        writeIssue(end);
      },
    });
    await refreshIssue();
    if (error === undefined) return;
    // Whoever tries a step again sits in front of it.
    if (command === 'apply')
      await restartIfCutOff(context, note).catch((trouble: unknown) => {
        note(formatError(trouble));
      });
    throw error;
  } finally {
    await unlock();
  }
}

function secretsIn({ secrets }: BootContext): string[] {
  const { pool, storage, report } = secrets;
  return [pool, report, ...Object.values(storage)].filter((secret) => secret !== undefined);
}

function asError(error: unknown): KronosError {
  if (error instanceof KronosError) return error;
  return new KronosError('internal/defect', String(error), { cause: error });
}

async function showStatus({ json, watch }: FirstbootOptions): Promise<void> {
  const show = async (): Promise<boolean> => {
    const state = await readState();
    if (json) await write(`${JSON.stringify(state ?? null)}\n`);
    else await write(state === undefined ? await describeNothing() : describeState(state));
    return state !== undefined && state.result !== 'running';
  };
  if ((await show()) || !watch) return;
  await new Promise<void>((resolve, reject) => {
    const watcher = watchFile(STATE, { interval: 500 }, () => {
      show().then((ended) => {
        if (!ended) return;
        watcher.unref();
        resolve();
      }, reject);
    });
  });
  process.exit();
}

async function describeNothing(): Promise<string> {
  if (await exists(INSTALLED)) return 'First boot has not begun.\n';
  return 'This is no installed host: there is nothing to configure.\n';
}

async function retry({ step, json, watch }: FirstbootOptions): Promise<void> {
  const context = await openContext(new AbortController().signal, { wanted: [] });
  const names = (await bootSteps(context)).map(({ name }) => name);
  if (!names.includes(step ?? '')) {
    throw new KronosError('input/unknown-step', `there is no step ${step ?? ''}`, {
      hint: `one of: ${names.join(', ')}`,
    });
  }
  if (step === XEN && !(await isControlDomain())) {
    await armXen();
    await write('Xen is started once at the next start.\n');
    return;
  }
  if (step === 'network') await forgetRefusal();
  await apply({ command: 'retry', json, watch });
}

/** What earlier runs could not deliver; a run that is under way does that by itself. */
async function report(): Promise<void> {
  const context = await openContext(new AbortController().signal, { wanted: ['report'] });
  const unlock = await lockRun();
  try {
    const scrub = createScrubber(secretsIn(context));
    const note = (text: string): void => {
      process.stdout.write(`${scrub(text)}\n`);
    };
    if (!(await resend({ context, note }))) process.exitCode = EXIT_CODES.io;
  } finally {
    await unlock();
  }
}

async function reset(): Promise<void> {
  const unlock = await lockRun();
  try {
    await forgetRefusal();
    await rm(STATE, { force: true });
  } finally {
    await unlock();
  }
}

/** Exits with 5 where something is in the way. */
async function showPreflight({ pool, json }: FirstbootOptions): Promise<void> {
  if (pool === undefined) return;
  const obstacles = await preflight(pool, abortOnSignals().signal);
  await write(
    json
      ? `${JSON.stringify(obstacles, undefined, 2)}\n`
      : describeObstacles(obstacles, pool.address),
  );
  if (obstacles.length > 0) process.exitCode = EXIT_CODES.host;
}

async function joinNamed({ pool }: FirstbootOptions): Promise<void> {
  if (pool === undefined) return;
  const unlock = await lockRun();
  try {
    let last = '';
    const result = await join(pool, abortOnSignals().signal, (what, left, why) => {
      // One line for each new reason, and then now and then how long it is still waited for.
      if (why === last && left % 30 !== 0) return;
      last = why;
      process.stdout.write(`waiting for ${what}, ${left} s at the most: ${why}\n`);
    });
    await write(
      result === 'joined' ? 'This host joined the pool.\n' : 'This host is in the pool already.\n',
    );
  } finally {
    await unlock();
  }
}

async function prepare(): Promise<void> {
  const context = await openContext(new AbortController().signal, { wanted: [] });
  if (context.toolstack !== 'xapi') {
    throw noXapi('there is nothing to prepare');
  }
  if (context.installed.adopted !== undefined && !(await isControlDomain())) throw notStarted();
  await prepareXapi(context, context.installed.version, (text) => {
    process.stdout.write(`${text}\n`);
  });
}

async function adoptHost({ json }: FirstbootOptions): Promise<void> {
  // Before anything is written, a lock as well: packages are unpacked in containers, too.
  if (!(await exists(INSTALLED))) await requireHost(THIS_HOST);
  const unlock = await lockRun();
  try {
    const adoption = await adopt({ looking: THIS_HOST });
    await write(json ? `${JSON.stringify(adoption)}\n` : describeAdoption(adoption));
  } finally {
    await unlock();
  }
}

async function releaseHost({ json }: FirstbootOptions): Promise<void> {
  const unlock = await lockRun();
  try {
    const released = await release(THIS_HOST);
    await write(json ? `${JSON.stringify(released)}\n` : describeRelease(released));
  } finally {
    await unlock();
  }
}

process.stdout.on('error', () => undefined);
main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = exitCodeOf(error);
});
