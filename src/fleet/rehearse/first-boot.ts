// The first boot of a simulated host: its steps, joining its pool, and reporting until somebody knows.
import { KronosError } from '../../common/error.ts';
import type { Report } from '../../steps/reporter.ts';
import type { Installed, Machine, StartEnd } from './machine.ts';
import { openReporter, reportOf } from './reports.ts';
import { BOOT_STEPS, eventOf, playSteps } from './steps.ts';

/** Seconds after which a first boot sends a report again that could not be delivered. */
const LATER = 300;

/** Starts what is on the disk. Errors: `interrupted/cancelled`. */
export async function boot(machine: Machine, installed: Installed): Promise<StartEnd> {
  if (installed.through) return 'through';
  const { world, story } = machine;
  const { clock, settings } = world;
  const { fate } = installed;
  const began = clock.now();
  const befalls =
    (fate.kind === 'power-cut' || fate.kind === 'silent') && fate.phase === 'firstboot';
  const breaks = fate.kind === 'first-boot-error';
  const reporter = openReporter(machine, installed, 'firstboot');
  const stopped = await playSteps({
    ...{ clock, stage: 'firstboot', steps: BOOT_STEPS, seconds: machine.seconds.firstBoot },
    ...{ bytes: 0, progress: settings.progress, sink: reporter.sink },
    stopAt: befalls || breaks ? fate.at : undefined,
  });
  story.seconds['first-boot'] += (clock.now() - began) / 1000;
  if (stopped !== undefined && fate.kind === 'power-cut') {
    // It comes once.
    installed.fate = { kind: 'well' };
    return 'starts-again';
  }
  if (stopped !== undefined && fate.kind === 'silent') return 'hangs';
  const facts = { version: 'rehearsal', edition: 'rehearsal' };
  const finish = async (more: Partial<Report>): Promise<void> => {
    const report = reportOf('firstboot', (clock.now() - began) / 1000, { facts, ...more });
    if (await reporter.finish(report)) return;
    for (;;) {
      await machine.spend('first-boot', LATER);
      const again = openReporter(machine, { ...installed, fate: { kind: 'well' } }, 'firstboot');
      if (await again.finish(report)) return;
    }
  };
  const fail = async (step: string, error: KronosError): Promise<StartEnd> => {
    const { code, message, hint } = error;
    reporter.sink(
      eventOf(clock, {
        stage: 'firstboot',
        step,
        state: 'failed',
        percent: 0,
        message,
        code,
        hint,
      }),
    );
    await finish({ step, error: { code, message, hint } });
    return 'hangs';
  };
  if (stopped !== undefined) {
    const what = `${stopped.title}: what a card or a disk does in a rehearsal`;
    return fail(stopped.name, new KronosError('host/step-failed', what, { hint: 'look at it' }));
  }
  let coordinator: Awaited<ReturnType<typeof enterPool>>;
  try {
    coordinator = await enterPool(machine, installed, reporter.sink);
  } catch (error) {
    await clock.sleep(0);
    return fail('pool', error instanceof KronosError ? error : poolError(error));
  }
  await finish(coordinator === undefined ? {} : { facts: { ...facts, coordinator } });
  installed.through = true;
  story.ready = true;
  return 'through';
}

/** Becomes the coordinator, or joins one. */
async function enterPool(
  { world, story, seconds }: Machine,
  { host, parts }: Installed,
  sink: Parameters<typeof playSteps>[0]['sink'],
): Promise<{ address: string; fingerprint: string } | undefined> {
  const { clock, coordinator } = world;
  const { pool } = parts;
  if (pool === undefined) return undefined;
  const tell = (state: 'started' | 'finished'): void => {
    const title = pool.role === 'member' ? 'Joining the pool' : 'Naming the pool';
    const percent = state === 'started' ? 95 : 100;
    sink(eventOf(clock, { stage: 'firstboot', step: 'pool', state, percent, message: title }));
  };
  tell('started');
  if (pool.role === 'coordinator') {
    const target = await coordinator.found(host);
    tell('finished');
    return target;
  }
  const { user, password } = pool.credential;
  if (typeof password !== 'string') throw poolError('the host file holds no password');
  const began = clock.now();
  const target = { address: pool.coordinator, fingerprint: pool.fingerprint, user, password };
  const { waited } = await coordinator.join(host, target, seconds);
  story.joins += 1;
  story.joinWait += waited;
  story.seconds.join += (clock.now() - began) / 1000;
  tell('finished');
  return undefined;
}

function poolError(cause: unknown): KronosError {
  return new KronosError('io/not-ready', 'joining the pool failed', {
    ...{ cause, hint: 'look at the coordinator' },
  });
}
