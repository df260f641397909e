// One simulated machine, from power on to a host that is ready: what a real one asks the server, in the same order.
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import type { Coordinator } from './coordinator.ts';
import { drawSeconds, type Fate } from './fate.ts';
import { boot } from './first-boot.ts';
import type { Hardware } from './hardware.ts';
import type { HostFileParts } from './host-file-parts.ts';
import type { Link } from './link.ts';
import { runLive } from './live.ts';
import { readBootScript, type BootChoice } from './boot-script.ts';
import type { PhaseSeconds, RehearsalSettings } from './settings.ts';
import { startStory, type Spent, type Story } from './story.ts';

/** What machines share. */
export interface World {
  clock: Clock;
  link: Link;
  client: Client;
  coordinator: Coordinator;
  settings: RehearsalSettings;
  /** Where boot scripts are: `http://192.0.2.1`. */
  bootServer: string;
  /** Resolves when somebody starts a machine again that says nothing any more. */
  cycled: (mac: string) => Promise<void>;
}

/** What is on the disk of a machine. */
export interface Installed {
  host: string;
  parts: HostFileParts;
  fate: Fate;
  /** Its first boot is over, and reported. */
  through: boolean;
}

export interface Machine {
  hardware: Hardware;
  world: World;
  story: Story;
  /** Of this start. */
  seconds: PhaseSeconds;
  disk: Installed | undefined;
  /** Of the installation that was last begun. */
  reportToken: string;
  /** The attempt whose power cut came before the server heard of it: such a cut comes once. */
  cutIn: number | undefined;
  /** Waits, and notes what for. */
  spend: (on: Spent, seconds: number) => Promise<void>;
}

/** How a start of a machine ended. */
export type StartEnd = 'starts-again' | 'hangs' | 'through';

/** Seconds after which a loader that was not answered is tried again by the firmware. */
const FIRMWARE_PAUSE = 60;

/** A machine that is switched off. */
export function makeMachine(hardware: Hardware, world: World): Machine {
  const story = startStory(hardware.mac);
  return {
    ...{ hardware, world, story, disk: undefined, reportToken: '', cutIn: undefined },
    seconds: world.settings.seconds,
    spend: async (on, seconds) => {
      story.seconds[on] += seconds;
      await world.clock.sleep(seconds);
    },
  };
}

/** Switches a machine on and lets it go on until it is ready. Errors: `interrupted/cancelled` at the end of the rehearsal. */
export async function runMachine(machine: Machine): Promise<void> {
  const { hardware, world } = machine;
  for (let start = 1; ; start += 1) {
    machine.seconds = drawSeconds(world.settings, hardware.mac, start);
    await machine.spend('firmware', machine.seconds.firmware);
    const choice = await askForBoot(machine);
    const end =
      choice.boot === 'live'
        ? await runLive(machine, choice)
        : machine.disk === undefined
          ? // Nothing on it can be started: the firmware goes on to the network again.
            'starts-again'
          : await boot(machine, machine.disk);
    if (end === 'through') return;
    if (end === 'hangs') {
      const began = world.clock.now();
      await world.cycled(hardware.mac);
      machine.story.seconds.broken += (world.clock.now() - began) / 1000;
    }
  }
}

/** What the loader is told. Errors: `interrupted/cancelled`. */
export async function askForBoot(machine: Machine): Promise<BootChoice> {
  const { hardware, world, story } = machine;
  const { mac, loader } = hardware;
  const url = `${world.bootServer}/boot/${mac}.${loader === 'grub' ? 'cfg' : 'ipxe'}`;
  for (;;) {
    try {
      const { status, text } = await world.client.ask({ url });
      const choice = status === 200 ? readBootScript(text) : undefined;
      if (choice !== undefined) return choice;
      story.strange.push(`boot script: ${status} ${text.slice(0, 200)}`);
    } catch {
      // A server that is being started again. A loader that is not answered starts the disk, if there is anything on it.
      if (machine.disk !== undefined) return { boot: 'disk' };
    }
    await machine.spend('firmware', FIRMWARE_PAUSE);
  }
}
