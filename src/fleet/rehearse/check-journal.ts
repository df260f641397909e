// What must hold in every rollout, checked from the journal alone. On purpose this knows nothing of how states are folded
// elsewhere: a mistake there must not hide itself.
import type { Fleet, FleetHost, FleetPool, Policy } from '../file/fleet.ts';
import type { Entry, FleetEvent, MachineEvent, MachineId } from '../state/event.ts';

export const RULES = {
  order: 'a member is begun only when its coordinator is ready',
  atOnce: 'no more hosts are under way at once than the fleet file allows',
  joins: 'no more members are on their way into a pool than the fleet file allows',
  twice: 'no host is installed twice without a reason',
  once: 'a host file goes out once for each arming',
  held: 'nothing is begun before the start, in a pause, or before its approval',
  canary: 'nothing else is begun before the canary is ready',
  lost: 'every host ends ready, or failed with a reason',
} as const;

export type Rule = keyof typeof RULES;

export interface Breach {
  rule: Rule;
  text: string;
}

type Phase = 'idle' | 'armed' | 'installing' | 'first-boot' | 'joined' | 'ready' | 'failed';

interface Track {
  host: string | undefined;
  phase: Phase;
  heard: boolean;
  wave: number;
}

const UNDER_WAY: ReadonlySet<Phase> = new Set(['armed', 'installing', 'first-boot', 'joined']);
const JOINING: ReadonlySet<Phase> = new Set(['armed', 'installing', 'first-boot']);

export interface JournalFigures {
  breaches: Breach[];
  /** Hosts under way at once, and members of one pool on their way into it, at the most. */
  mostAtOnce: number;
  mostJoining: number;
  /** Host files that went out. */
  released: number;
}

/** Goes through a journal in its order. */
export function checkJournal(fleet: Fleet, entries: readonly Entry[]): JournalFigures {
  const check = new Check(fleet);
  for (const entry of entries) check.take(entry);
  const { breaches, mostAtOnce, mostJoining, released } = check;
  return { breaches, mostAtOnce, mostJoining, released };
}

class Check {
  readonly breaches: Breach[] = [];
  mostAtOnce = 0;
  mostJoining = 0;
  released = 0;
  readonly #fleet: Fleet;
  readonly #hosts: ReadonlyMap<string, FleetHost>;
  readonly #tracks = new Map<MachineId, Track>();
  readonly #elected = new Map<string, string>();
  #started = false;
  #paused = false;
  #approved = -1;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#hosts = new Map(fleet.hosts.map((host) => [host.name, host]));
  }

  take(entry: Entry): void {
    if (entry.subject === 'fleet') {
      this.#takeFleet(entry.event as FleetEvent);
      return;
    }
    const track = this.#tracks.get(entry.subject) ?? {
      ...{ host: undefined, phase: 'idle', heard: false, wave: 0 },
    };
    this.#tracks.set(entry.subject, track);
    this.#takeMachine(track, entry.event as MachineEvent, entry.subject);
  }

  #takeFleet(event: FleetEvent): void {
    if (event.type === 'started') this.#started = true;
    if (event.type === 'paused') this.#paused = true;
    if (event.type === 'resumed') this.#paused = false;
    if (event.type === 'approved') this.#approved = Math.max(this.#approved, event.wave);
    if (event.type === 'elected') this.#elected.set(event.pool, event.host);
  }

  #takeMachine(track: Track, event: MachineEvent, id: MachineId): void {
    const name = track.host ?? id;
    switch (event.type) {
      case 'named':
        track.host = event.host;
        return;
      case 'armed':
        this.#arm(track, event.wave, name);
        return;
      case 'released':
        if (track.phase !== 'armed')
          this.#breach('once', `${name} got its host file while it was ${track.phase}`);
        this.released += 1;
        Object.assign(track, { phase: 'installing', heard: false });
        return;
      case 'restarted':
        // A host file that was lost on its way goes out again; one that was acted upon does not.
        if (track.phase === 'installing' && !track.heard) track.phase = 'armed';
        return;
      case 'step':
        this.#step(track, event);
        return;
      case 'reported':
        this.#report(track, event.report);
        return;
      case 'failed':
        if (track.phase !== 'ready') track.phase = 'failed';
        return;
      case 'retry':
        if (track.phase === 'failed' || event.reinstall) track.phase = 'idle';
        return;
      case 'seen':
      case 'twin':
      case 'replaced':
        return;
    }
  }

  #arm(track: Track, wave: number, name: string): void {
    const { policy } = this.#fleet;
    if (track.phase !== 'idle')
      this.#breach('twice', `${name} was armed though it was ${track.phase}`);
    if (!this.#started || this.#paused)
      this.#breach('held', `${name} was armed though the rollout was not under way`);
    if (wave > 0 && this.#approved < neededApproval(policy, wave))
      this.#breach('held', `${name} was armed in wave ${wave} without approval`);
    const canary = [...this.#tracks.values()].filter((one) => one.wave === 0 && isReady(one));
    if (wave > 0 && canary.length < policy.canary)
      this.#breach('canary', `${name} was armed in wave ${wave} before the canary was ready`);
    Object.assign(track, { phase: 'armed', heard: false, wave });
    this.#count(name);
  }

  /** Who is under way, now that one more is. */
  #count(name: string): void {
    const { policy, pools } = this.#fleet;
    const under = [...this.#tracks.values()].filter(({ phase }) => UNDER_WAY.has(phase));
    this.mostAtOnce = Math.max(this.mostAtOnce, under.length);
    if (under.length > policy.atOnce)
      this.#breach('atOnce', `${under.length} hosts were under way with ${name}`);
    const pool = pools.find((one) => one.name === this.#hosts.get(name)?.pool);
    if (pool === undefined || this.#coordinatorOf(pool) === name) return;
    const coordinator = [...this.#tracks.values()].find(
      ({ host }) => host !== undefined && host === this.#coordinatorOf(pool),
    );
    if (coordinator?.phase !== 'ready')
      this.#breach('order', `${name} was armed before the coordinator of ${pool.name} was ready`);
    const joining = [...this.#tracks.values()].filter(
      ({ host, phase }) =>
        host !== undefined &&
        JOINING.has(phase) &&
        this.#hosts.get(host)?.pool === pool.name &&
        host !== this.#coordinatorOf(pool),
    );
    this.mostJoining = Math.max(this.mostJoining, joining.length);
    if (joining.length > pool.joins)
      this.#breach('joins', `${joining.length} members of ${pool.name} with ${name}`);
  }

  #step(track: Track, event: Extract<MachineEvent, { type: 'step' }>): void {
    if (!UNDER_WAY.has(track.phase) || track.phase === 'armed') return;
    track.heard = true;
    if (event.stage !== 'firstboot') return;
    if (track.phase === 'installing') track.phase = 'first-boot';
    const done = event.state === 'finished' || event.state === 'skipped';
    if (event.step === 'pool' && done) track.phase = 'joined';
  }

  #report(track: Track, report: Extract<MachineEvent, { type: 'reported' }>['report']): void {
    track.heard = true;
    if (report.result === 'ok' && report.stage === 'firstboot') {
      // Also of one that was given up because nothing was heard of it.
      if (track.phase !== 'idle' && track.phase !== 'armed') track.phase = 'ready';
    } else if (!UNDER_WAY.has(track.phase)) return;
    else if (report.result !== 'ok') track.phase = 'failed';
    else if (track.phase === 'installing') track.phase = 'first-boot';
  }

  #coordinatorOf(pool: FleetPool): string | undefined {
    return pool.coordinator === 'first-seen' ? this.#elected.get(pool.name) : pool.coordinator.host;
  }

  #breach(rule: Rule, text: string): void {
    this.breaches.push({ rule, text });
  }
}

/** Which wave must have been approved before this one may go. */
function neededApproval({ approval, canary }: Policy, wave: number): number {
  if (approval === 'every-wave') return wave > (canary > 0 ? 0 : 1) ? wave : -1;
  return approval === 'canary' && canary > 0 ? 1 : -1;
}

function isReady({ phase }: Track): boolean {
  return phase === 'ready';
}
