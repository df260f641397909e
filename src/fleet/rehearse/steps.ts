// The steps of an installation and of a first boot as simulated machines go through them: names and events of the real ones.
import type { EventSink, StepEvent } from '../../steps/event.ts';
import type { Clock } from './clock.ts';
import type { Phase } from './fate.ts';

interface PlayedStep {
  name: string;
  title: string;
  /** Share of the time of the phase. */
  weight: number;
  /** Tells how many bytes it has written. */
  writes?: boolean;
}

/** Writing the image and reading it back is most of an installation. */
export const INSTALL_STEPS: readonly PlayedStep[] = [
  { name: 'check', title: 'Checking the image and the disks', weight: 8 },
  { name: 'erase', title: 'Erasing the disks', weight: 1 },
  { name: 'partition', title: 'Partitioning the disks', weight: 1 },
  { name: 'format', title: 'Formatting the file systems', weight: 3 },
  { name: 'copy', title: 'Writing the image', weight: 45, writes: true },
  { name: 'boot-files', title: 'Writing the boot files', weight: 3 },
  { name: 'check-copy', title: 'Reading the image back', weight: 28, writes: true },
  { name: 'configure', title: 'Configuring the host', weight: 5 },
  { name: 'state', title: 'Filling the state partition', weight: 2 },
  { name: 'loader', title: 'Writing the boot loader', weight: 2 },
  { name: 'finish', title: 'Closing the disks', weight: 2 },
];

/** Before the pool. */
export const BOOT_STEPS: readonly PlayedStep[] = [
  { name: 'cards', title: 'Finding the network cards', weight: 10 },
  { name: 'toolstack', title: 'Waiting for the toolstack', weight: 50 },
  { name: 'network', title: 'Setting up the network', weight: 25 },
  { name: 'storage', title: 'Setting up the storage', weight: 15 },
];

export interface PlayOptions {
  clock: Clock;
  stage: Phase;
  steps: readonly PlayedStep[];
  /** Of all of them. */
  seconds: number;
  /** Bytes that a step that writes writes, and seconds between two words about it. */
  bytes: number;
  progress: number;
  sink: EventSink;
  /** Which part of all (0 to 1) is done when it stops in the middle. */
  stopAt?: number | undefined;
}

/** Goes through steps; the one that it stopped in, or undefined when it got through. Errors: those of the clock. */
export async function playSteps(options: PlayOptions): Promise<PlayedStep | undefined> {
  const { clock, stage, steps, seconds, bytes, progress, sink, stopAt = Infinity } = options;
  const whole = steps.reduce((sum, { weight }) => sum + weight, 0);
  let done = 0;
  for (const step of steps) {
    const share = step.weight / whole;
    const tell = (part: number, more: Partial<StepEvent> & Pick<StepEvent, 'state'>): void => {
      const percent = Math.floor((done + share * part) * 100);
      sink(eventOf(clock, { stage, step: step.name, message: step.title, percent, ...more }));
    };
    tell(0, { state: 'started' });
    const takes = seconds * share;
    const stopsAfter = stopAt >= done + share ? Infinity : ((stopAt - done) / share) * takes;
    for (let spent = 0; spent < takes;) {
      const until = Math.min(takes, stopsAfter, step.writes === true ? spent + progress : takes);
      await clock.sleep(until - spent);
      spent = until;
      if (spent >= stopsAfter) return step;
      if (spent < takes) {
        const moved = Math.floor((bytes * spent) / takes);
        tell(spent / takes, { state: 'progress', bytes: moved, total: bytes });
      }
    }
    tell(1, { state: 'finished' });
    done += share;
  }
  return undefined;
}

/** An event that happens now. */
export function eventOf(clock: Pick<Clock, 'now'>, event: Omit<StepEvent, 'time'>): StepEvent {
  return { time: new Date(clock.now()).toISOString(), ...event };
}
