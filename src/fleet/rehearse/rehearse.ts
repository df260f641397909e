// A rehearsal: a fleet of simulated machines is switched on, the real server rolls it out, and what came of it is held
// against what must hold.
import { KronosError } from '../../common/error.ts';
import type { FleetStatus } from '../desk.ts';
import type { Fleet } from '../file/fleet.ts';
import { checkJournal, type Breach, type JournalFigures } from './check-journal.ts';
import { createClient, type ClientFigures } from './client.ts';
import { createClock, type Clock } from './clock.ts';
import { modelCoordinator, type Coordinator } from './coordinator.ts';
import { makeHardware } from './hardware.ts';
import { createLink, type LinkFigures } from './link.ts';
import { askForBoot, makeMachine, runMachine, type Machine, type World } from './machine.ts';
import { operate, Silent, type OperatorStory } from './operator.ts';
import { createRandom } from './random.ts';
import type { ServerFigures } from './server-words.ts';
import type { RehearsalSettings } from './settings.ts';
import type { Site } from './site.ts';
import type { Story } from './story.ts';

export interface RehearsalOptions {
  fleet: Fleet;
  settings: RehearsalSettings;
  /** Starts what serves the fleet. */
  open: (clock: Clock) => Promise<Site>;
  /** Pools; left out: a model of them. */
  coordinator?: ((clock: Clock) => Coordinator) | undefined;
  /** When a server is killed: which parts (0 to 1) of the hosts are ready then. */
  strikes?: readonly number[] | undefined;
  /** Simulated milliseconds since 1970 at which it begins. */
  start: number;
  onStatus?: ((status: FleetStatus, seconds: number) => void) | undefined;
  signal: AbortSignal;
}

export interface Rehearsal {
  settings: RehearsalSettings;
  /** Seconds, simulated and real. */
  seconds: number;
  realSeconds: number;
  operator: OperatorStory;
  link: LinkFigures;
  client: ClientFigures;
  server: ServerFigures;
  journal: JournalFigures;
  stories: readonly Story[];
  /** Servers that were killed. */
  strikes: number;
  /** What should never be; empty: all is well. */
  breaches: readonly Breach[];
}

/**
 * Rehearses to the end.
 * Errors: `interrupted/cancelled`, those of starting a server.
 */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const { settings, signal } = options;
  const clock = createClock({ start: options.start, speed: settings.speed });
  const stop = (): void => clock.stop();
  signal.addEventListener('abort', stop);
  const began = performance.now();
  let site: Site | undefined;
  try {
    site = await options.open(clock);
    return {
      ...(await play(options, clock, site)),
      realSeconds: (performance.now() - began) / 1000,
    };
  } finally {
    signal.removeEventListener('abort', stop);
    clock.stop();
    await site?.close();
  }
}

async function play(
  options: RehearsalOptions,
  clock: Clock,
  site: Site,
): Promise<Omit<Rehearsal, 'realSeconds'>> {
  const { fleet, settings, strikes = [] } = options;
  const silent = new Silent();
  const link = createLink(clock, settings);
  const client = createClient(clock);
  const world: World = {
    ...{ clock, link, client, settings, bootServer: site.bootServer },
    coordinator: (options.coordinator ?? modelCoordinator)(clock),
    cycled: (mac) => silent.wait(mac),
  };
  const machines = makeHardware(fleet, settings.seed).map((one) => makeMachine(one, world));
  const running = machines.map((machine) => switchOn(machine));
  let struck = 0;
  let striking: Promise<void> = Promise.resolve();
  let breakOff: (error: unknown) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => (breakOff = reject));
  const onStatus = (status: FleetStatus): void => {
    options.onStatus?.(status, (clock.now() - options.start) / 1000);
    const next = strikes[struck];
    if (next === undefined || status.counts.ready < next * fleet.hosts.length) return;
    struck += 1;
    striking = striking.then(() => site.strike()).catch(breakOff);
  };
  try {
    const operator = await Promise.race([
      operate({
        ...{ fleet, clock, silent, onStatus, settings: settings.operator },
        console: () => site.server(),
      }),
      // A machine that ends otherwise than by being ready is a mistake of ours.
      Promise.all(running).then(() => new Promise<never>(() => undefined)),
      broken,
    ]);
    await striking;
    const seconds = (clock.now() - options.start) / 1000;
    const again = await clock.hold(() => startAllAgain(machines));
    const server = site.server();
    if (server === undefined) throw new TypeError('no server is there at the end');
    // Reading all of the journal at once is a thing of rehearsals, and must not count as memory of the server.
    const figures = await clock.hold(() => site.figures());
    const entries = await clock.hold(() => server.journal());
    const journal = checkJournal(fleet, entries);
    const stories = machines.map(({ story }) => story);
    return {
      ...{ settings, seconds, operator, journal, stories, strikes: struck },
      ...{ link: link.figures(), client: client.figures() },
      server: figures,
      breaches: [...journal.breaches, ...findLost(operator.status, stories), ...again],
    };
  } finally {
    const over = new KronosError('interrupted/cancelled', 'the rehearsal has ended');
    clock.stop();
    silent.end(over);
    await Promise.allSettled(running);
    client.close();
  }
}

async function switchOn(machine: Machine): Promise<void> {
  const { world, hardware } = machine;
  const random = createRandom(world.settings.seed, 'power', hardware.mac);
  await world.clock.sleep(random() * world.settings.powerOn);
  await runMachine(machine);
}

/** All hosts that are ready are started once more: none of them may be installed again. */
async function startAllAgain(machines: readonly Machine[]): Promise<Breach[]> {
  const breaches: Breach[] = [];
  for (const machine of machines) {
    if (!machine.story.ready) continue;
    const { boot } = await askForBoot(machine);
    if (boot !== 'disk') {
      const text = `${machine.disk?.host ?? machine.hardware.mac} is ready and would be installed again`;
      breaches.push({ rule: 'twice', text });
    }
  }
  return breaches;
}

/** Where machines and server disagree on how it ended, and what was done twice. */
export function findLost(status: FleetStatus, stories: readonly Story[]): Breach[] {
  const breaches: Breach[] = [];
  const states = new Map(status.hosts.map((host) => [host.machine, host]));
  for (const story of stories) {
    const host = states.get(story.mac);
    const name = host?.host ?? story.mac;
    const state = host?.state ?? 'unknown';
    if (story.ready !== (state === 'ready'))
      breaches.push({
        rule: 'lost',
        text: `${name} is ${state}, and the machine itself is ${story.ready ? '' : 'not '}ready`,
      });
    else if (state !== 'ready' && state !== 'failed' && host?.waitsFor === undefined)
      breaches.push({ rule: 'lost', text: `${name} ends as ${state}, and nothing says why` });
    const attempts = story.installations.map(({ attempt }) => attempt);
    if (new Set(attempts).size < attempts.length || story.again > 0)
      breaches.push({ rule: 'twice', text: `${name} was installed twice in one attempt` });
  }
  return breaches;
}
