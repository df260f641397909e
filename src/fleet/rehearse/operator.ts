// The person who watches the rollout: approves, resumes, and has failed machines tried again.
import type { FleetStatus, HostStatus, OperatorAction } from '../desk.ts';
import type { Fleet } from '../file/fleet.ts';
import type { Clock } from './clock.ts';
import type { OperatorSettings } from './settings.ts';
import type { ServerStatus } from './server-words.ts';
import type { Reason } from './waits.ts';

/** What the person sits at; undefined while no server is there. */
export type Console = () =>
  | {
      status: () => Promise<ServerStatus>;
      act: (action: OperatorAction) => Promise<void>;
    }
  | undefined;

export interface OperatorStory {
  approvals: number;
  resumes: number;
  retries: number;
  /** Seconds of all hosts by what they waited for. */
  waits: ReadonlyMap<Reason, number>;
  /** Every failure that was seen, by host. */
  failures: readonly { host: string; stage: string; code: string; step: string | undefined }[];
  /** `stuck`: nothing went on any more. */
  end: 'done' | 'stuck';
  status: FleetStatus;
}

/** Simulated seconds between two looks. */
const INTERVAL = 15;

/** Simulated seconds without any change after which nothing more is waited for. */
const STUCK = 2 * 3600;

/** Machines that say nothing any more. */
export class Silent {
  readonly #waiting = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>();

  /** Resolves when the machine is started again. */
  wait(mac: string): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.set(mac, { resolve, reject }));
  }

  startAgain(mac: string): void {
    this.#waiting.get(mac)?.resolve();
    this.#waiting.delete(mac);
  }

  /** Ends the waiting of all. */
  end(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Starts the rollout and stays until it is through. Errors: `interrupted/cancelled`. */
export async function operate(options: {
  fleet: Fleet;
  console: Console;
  clock: Clock;
  silent: Silent;
  settings: OperatorSettings;
  onStatus: (status: FleetStatus) => void;
}): Promise<OperatorStory> {
  const { fleet, clock, silent, settings, onStatus } = options;
  const status = (): Promise<ServerStatus | undefined> =>
    clock.hold(async () => options.console()?.status().catch(nothing));
  /** Tries until somebody is there. */
  const act = async (action: OperatorAction): Promise<void> => {
    while (!(await clock.hold(async () => tryTo(options.console(), action))))
      await clock.sleep(INTERVAL);
  };
  const story = { approvals: 0, resumes: 0, retries: 0 };
  const waits = new Map<Reason, number>();
  const failures: { host: string; stage: string; code: string; step: string | undefined }[] = [];
  /** Since when something waits for the person. */
  const since = new Map<string, number>();
  const tries = new Map<string, number>();
  const isDue = (what: string): boolean => {
    const from = since.get(what) ?? clock.now();
    since.set(what, from);
    if (clock.now() - from < settings.seconds * 1000) return false;
    since.delete(what);
    return true;
  };
  await act({ do: 'start' });
  let last = '';
  let changed = clock.now();
  for (;;) {
    await clock.sleep(INTERVAL);
    const answer = await status();
    if (answer === undefined) continue;
    const { status: seen, waits: waiting } = answer;
    onStatus(seen);
    for (const [reason, hosts] of Object.entries(waiting) as [Reason, number][])
      waits.set(reason, (waits.get(reason) ?? 0) + hosts * INTERVAL);
    const now = JSON.stringify([seen.rollout, seen.wave, seen.counts]);
    if (now !== last) changed = clock.now();
    last = now;
    const all = { ...story, waits, failures, status: seen };
    if (seen.rollout === 'done' && seen.counts.ready === fleet.hosts.length)
      return { ...all, end: 'done' };
    if (clock.now() - changed > STUCK * 1000 && !seen.hosts.some(isUnderWay))
      return { ...all, end: 'stuck' };
    if (seen.approvable !== undefined && isDue(`approval ${seen.approvable}`)) {
      story.approvals += 1;
      await act({ do: 'approve', wave: seen.approvable });
    }
    if (seen.rollout === 'paused' && isDue('pause')) {
      story.resumes += 1;
      await act({ do: 'resume' });
    }
    const again: { host: string; machine: string }[] = [];
    for (const { host, machine, state, failure, attempt } of seen.hosts) {
      if (state !== 'failed' || host === undefined || machine === undefined) continue;
      const what = `${host} ${attempt}`;
      const { stage = 'fleet', code = '', step } = failure ?? {};
      if (!since.has(what)) failures.push({ host, stage, code, step });
      if ((tries.get(host) ?? 0) >= settings.retries || !isDue(what)) continue;
      tries.set(host, (tries.get(host) ?? 0) + 1);
      again.push({ host, machine });
    }
    if (again.length === 0) continue;
    story.retries += again.length;
    await act({ do: 'retry', hosts: again.map(({ host }) => host) });
    for (const { machine } of again) silent.startAgain(machine);
  }
}

/** A server that was killed in the middle says nothing. */
function nothing(): undefined {
  return undefined;
}

async function tryTo(console: ReturnType<Console>, action: OperatorAction): Promise<boolean> {
  if (console === undefined) return false;
  return console.act(action).then(
    () => true,
    () => false,
  );
}

function isUnderWay({ state }: HostStatus): boolean {
  return ['armed', 'installing', 'first-boot', 'joined'].includes(state);
}
