// What the screens know: the machine, what was answered, where the person is. Every change makes a new state.
import type { KronosError } from '../../common/error.ts';
import type { Inventory } from '../../host/inventory.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import type { StepEvent } from '../../steps/event.ts';
import type { ImageFacts, InstallMode, InstallPlan } from '../plan/plan.ts';
import type { Answers } from './answers.ts';
import type { Key } from './keys.ts';
import type { Progress } from './progress.ts';
import type { Field } from './widgets/field.ts';
import type { FormView } from './widgets/form.ts';

/** In the order in which they are seen. */
export const PAGES = [
  'welcome', 'keymap', 'system', 'storage', 'erase', 'card', 'network', 'hostname', 'timezone', 'login', 'summary',
  'progress', 'done', 'failed',
] as const; // prettier-ignore

export type PageId = (typeof PAGES)[number];

/** What the screens are told once. */
export interface World {
  version: string;
  edition: string;
  image: ImageFacts;
  inventory: Inventory;
  /** Names of time zones; empty where the system has no list. */
  timezones: readonly string[];
  /** Names of console keymaps that the system has; empty where it has none. */
  keymaps: readonly string[];
  /** Name of the terminal: `tty1`, `hvc0`. */
  terminal: string;
}

/** A host file that was found: it is shown and carried out, nothing is asked. */
export interface Preset {
  name: string;
  text: string;
  hostFile: HostFile;
  mode: InstallMode;
}

/** What is to be done, all of it checked. */
export interface InstallRequest {
  /** The host file as it can be kept. */
  text: string;
  hostFile: HostFile;
  plan: InstallPlan;
}

/** A text over the page, until it is put away. */
export interface Box {
  title: string;
  lines: readonly string[];
  top: number;
}

export interface FlowState {
  world: World;
  preset?: Preset | undefined;
  page: PageId;
  /** Pages that Esc leads back to, the last one first left. */
  trail: readonly PageId[];
  answers: Answers;
  /** Of the page: the chosen line of a list or button, the first line of a text, fields. */
  view: View;
  /** What is wrong with an answer, at most two lines. */
  problem: readonly string[];
  /** A warning that Enter passes when it is seen a second time. */
  warned: string;
  box?: Box | undefined;
  /** A secret that the installation needs, while it is being asked for. */
  secret?: { words: string; field: Field } | undefined;
  /** What the person waits for; keys but those for a shell and a new drawing do nothing meanwhile. */
  waiting: string;
  progress?: Progress | undefined;
  /** Why the installation failed. */
  failure?: { code: string; message: string; hint: string } | undefined;
  /** Names of the disks that the finished installation is on. */
  installedOn?: readonly string[] | undefined;
  /** Another console is installing. */
  other?: { terminal: string; pid: number } | undefined;
  /** Size of the terminal where it is too small, and whether the person goes on anyway. */
  small?: { columns: number; rows: number; accepted?: boolean } | undefined;
}

export interface View {
  index: number;
  top: number;
  form: FormView;
}

/** What must be done outside; the answer comes back as an event. */
export type Effect =
  | { type: 'shell' }
  | { type: 'redraw' }
  | { type: 'hash'; password: string }
  | { type: 'keymap'; name: string }
  | { type: 'probe' }
  | { type: 'install'; request: InstallRequest }
  | { type: 'stop' }
  /** What was typed for a secret. */
  | { type: 'answer'; text: string }
  | { type: 'save'; what: 'host-file' | 'report'; name: string; text: string }
  | { type: 'leave'; how: 'shell' | 'reboot' | 'poweroff' };

export type FlowEvent =
  | { type: 'key'; key: Key }
  /** The terminal has, or was found to have, this size. */
  | { type: 'size'; columns: number; rows: number }
  | { type: 'hashed'; hash: string }
  | { type: 'probed'; inventory: Inventory }
  /** Something to know that is no reason to stop. */
  | { type: 'note'; text: string }
  | { type: 'saved'; place: string }
  /** What was asked for went wrong. */
  | { type: 'refused'; error: KronosError }
  | { type: 'ask'; words: string }
  /** `now`: milliseconds since 1970. */
  | { type: 'step'; event: StepEvent; now: number }
  | { type: 'tick'; now: number }
  | { type: 'installed'; now: number }
  | { type: 'failed'; error: unknown; now: number }
  | { type: 'other'; holder: { terminal: string; pid: number } | undefined };

/** A state and what it asks for. */
export interface Turn {
  state: FlowState;
  effects: readonly Effect[];
}
