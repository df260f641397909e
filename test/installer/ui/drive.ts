// A person at the screens, as keys: for tests of the flow without any terminal.
import type { Inventory } from '../../../src/host/inventory.ts';
import { firstState, update } from '../../../src/installer/ui/flow.ts';
import { createKeyDecoder } from '../../../src/installer/ui/keys.ts';
import { screenText } from '../../../src/installer/ui/screen.ts';
import type {
  Effect,
  FlowEvent,
  FlowState,
  Preset,
  World,
} from '../../../src/installer/ui/state.ts';
import { renderState } from '../../../src/installer/ui/view.ts';
import { readMachine } from '../../host/machines.ts';

export const IMAGE = { xenArguments: [], kernelArguments: ['quiet'], toolstack: 'xl' } as const;

/** What `openssl passwd -6` makes of a password, for tests that do not start it. */
export const HASH = `$6$saltsaltsalt$${'h'.repeat(86)}`;

export const SSH_KEY = `ssh-ed25519 ${'A'.repeat(68)} admin@example`;

export const TIMEZONES = [
  'Africa/Cairo', 'America/New_York', 'America/North_Dakota/New_Salem', 'Asia/Tokyo', 'Etc/UTC', 'Europe/Berlin',
  'Europe/London', 'Europe/Paris', 'Pacific/Auckland',
]; // prettier-ignore

export function worldOf(inventory: Inventory): World {
  return {
    ...{ version: '0.1.0', edition: 'debian-13', image: IMAGE, inventory },
    ...{ timezones: TIMEZONES, keymaps: [], terminal: 'tty1' },
  };
}

/** Names of keys as a terminal sends them; all else is typed as it stands. */
const SENT: Readonly<Record<string, string>> = {
  UP: '\x1b[A', DOWN: '\x1b[B', RIGHT: '\x1b[C', LEFT: '\x1b[D', ENTER: '\r', TAB: '\t', BACKTAB: '\x1b[Z',
  ESC: '\x1b', SPACE: ' ', PGUP: '\x1b[5~', PGDN: '\x1b[6~', HOME: '\x1b[1~', END: '\x1b[4~', F1: '\x1bOP',
  F2: '\x1b[[B', F5: '\x1b[15~', BACKSPACE: '\x7f', 'C-C': '\x03', 'C-L': '\x0c', 'C-U': '\x15',
}; // prettier-ignore

/** Bytes for words such as `DOWN` and `'xen01'`, separated by blanks. */
export function sent(keys: string): string[] {
  return keys
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => SENT[word] ?? word.replace(/^'(.*)'$/, '$1'));
}

export interface Driver {
  state: () => FlowState;
  /** Presses keys; see `sent`. */
  keys: (keys: string) => void;
  event: (event: FlowEvent) => void;
  screen: () => string;
  /** What was asked for since the last call. */
  effects: () => Effect[];
}

export function drive(inventory: Inventory, preset?: Preset, world?: Partial<World>): Driver {
  let state = firstState({ ...worldOf(inventory), ...world }, preset);
  let effects: Effect[] = [];
  const event = (one: FlowEvent): void => {
    const turn = update(state, one);
    state = turn.state;
    effects.push(...turn.effects);
  };
  return {
    state: () => state,
    keys: (keys) => {
      for (const bytes of sent(keys)) {
        const decoder = createKeyDecoder();
        for (const key of [...decoder.push(Buffer.from(bytes)), ...decoder.flush()])
          event({ type: 'key', key });
      }
    },
    event,
    screen: () => screenText(renderState(state)),
    effects: () => {
      const all = effects;
      effects = [];
      return all;
    },
  };
}

export async function driveMachine(name: string): Promise<Driver> {
  return drive(await readMachine(name));
}
