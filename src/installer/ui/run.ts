// The screens at work: bytes to keys, keys to states, states to bytes, and what a state asks for done outside.
import { setTimeout as sleep } from 'node:timers/promises';
import { KronosError } from '../../common/error.ts';
import { hashPassword } from '../../host/password.ts';
import type { Inventory } from '../../host/inventory.ts';
import type { EventSink } from '../../steps/event.ts';
import { lockHolder, takeLock } from '../../steps/lock.ts';
import { LOCK_FILE } from '../lock.ts';
import { ASK_SIZE, drawScreen } from './draw.ts';
import { firstState, update } from './flow.ts';
import { createKeyDecoder, ESCAPE_MS, type Key } from './keys.ts';
import type { Screen } from './screen.ts';
import type { Effect, FlowEvent, InstallRequest, Preset, World } from './state.ts';
import type { Terminal } from './terminal.ts';
import { renderState } from './view.ts';

/** How the person left. */
export type Leaving = 'shell' | 'reboot' | 'poweroff';

/** What the screens cannot do themselves. */
export interface Outside {
  /** Looks at the machine again. */
  probe: () => Promise<Inventory>;
  /** Carries a plan out. `ask` asks the person for a secret. */
  install: (
    request: InstallRequest,
    tools: { sink: EventSink; signal: AbortSignal; ask: (words: string) => Promise<string> },
  ) => Promise<void>;
  /** A shell on the terminal, until it is left. */
  shell: () => Promise<void>;
  /** Says what went wrong, if anything. */
  loadKeymap: (name: string) => Promise<string | undefined>;
  /** Keeps a text for the person and says where it is. */
  save: (name: string, text: string, what: 'host-file' | 'report') => Promise<string>;
  /** See hashPassword. */
  hash?: (password: string) => Promise<string>;
  lockFile?: string;
}

export interface InteractiveOptions {
  terminal: Terminal;
  world: World;
  /** A host file that was found. */
  preset?: Preset | undefined;
  /** What is wrong with one that was found, for the person to know. */
  notice?: { title: string; lines: readonly string[] } | undefined;
  outside: Outside;
  /** Ends the screens; an installation that runs is stopped and cleared up first. */
  signal: AbortSignal;
}

/** Milliseconds between looks at the clock and at other consoles. */
const TICK_MS = 1000;
const LOOK_TICKS = 2;

/**
 * Shows the screens until the person leaves them. The terminal is given back in any case.
 * Errors: `interrupted/cancelled` when the signal fires or the terminal hangs up; defects.
 */
export async function runInteractive(options: InteractiveOptions): Promise<Leaving> {
  const { terminal } = options;
  const session = createSession(options);
  terminal.onBytes(session.type);
  terminal.onResize(session.resize);
  terminal.take();
  session.resize();
  const ticker = setInterval(session.tick, TICK_MS);
  try {
    return await session.ended;
  } finally {
    clearInterval(ticker);
    terminal.release();
  }
}

interface Session {
  type: (bytes: Buffer) => void;
  resize: () => void;
  tick: () => void;
  ended: Promise<Leaving>;
}

function createSession(options: InteractiveOptions): Session {
  const { terminal, world, preset, notice, outside, signal } = options;
  let state = firstState(world, preset);
  if (notice !== undefined) state = { ...state, box: { ...notice, top: 0 } };
  let shown: Screen | undefined;
  /** A shell has the terminal. */
  let lent = false;
  let asked = false;
  let work: { abort: AbortController; done: Promise<void> } | undefined;
  let answer: ((text: string) => void) | undefined;
  const ending = createDeferred<Leaving>();

  const paint = (): void => {
    if (lent) return;
    const next = renderState(state);
    const bytes = drawScreen(shown, next);
    shown = next;
    if (bytes !== '') terminal.write(bytes);
  };
  const change = (event: FlowEvent): void => {
    const turn = update(state, event);
    state = turn.state;
    for (const effect of turn.effects) perform(effect);
  };
  const dispatch = (event: FlowEvent): void => {
    try {
      change(event);
      paint();
    } catch (error) {
      ending.reject(error);
    }
  };
  /** What fails is told on the screen; what should not be able to ends the program. */
  const attempt = (promise: Promise<FlowEvent>): void => {
    promise.then(dispatch, (error: unknown) => {
      if (error instanceof KronosError) dispatch({ type: 'refused', error });
      else ending.reject(error);
    });
  };
  const resize = (): void => {
    const size = terminal.size();
    if (size === undefined) {
      asked = true;
      shown = undefined;
      terminal.write(ASK_SIZE);
      paint();
    } else dispatch({ type: 'size', ...size });
  };
  const lend = async (): Promise<void> => {
    if (lent) return;
    lent = true;
    terminal.release();
    try {
      await outside.shell();
    } finally {
      lent = false;
      terminal.take();
      shown = undefined;
      resize();
      paint();
    }
  };

  function perform(effect: Effect): void {
    switch (effect.type) {
      case 'shell':
        lend().catch(ending.reject);
        return;
      case 'redraw':
        shown = undefined;
        if (terminal.size() === undefined) resize();
        return;
      case 'hash':
        attempt(hash(effect.password));
        return;
      case 'keymap':
        void outside.loadKeymap(effect.name).then((problem) => {
          if (problem !== undefined) dispatch({ type: 'note', text: problem });
        }, ending.reject);
        return;
      case 'probe':
        attempt(outside.probe().then((inventory) => ({ type: 'probed', inventory })));
        return;
      case 'save':
        attempt(
          outside
            .save(effect.name, effect.text, effect.what)
            .then((place) => ({ type: 'saved', place })),
        );
        return;
      case 'install':
        attempt(install(effect.request));
        return;
      case 'answer':
        answer?.(effect.text);
        answer = undefined;
        return;
      case 'stop':
        work?.abort.abort();
        return;
      case 'leave':
        ending.resolve(effect.how);
    }
  }

  async function hash(password: string): Promise<FlowEvent> {
    return { type: 'hashed', hash: await (outside.hash ?? hashPassword)(password) };
  }

  async function install(request: InstallRequest): Promise<FlowEvent> {
    const lock = await takeLock(terminal.name, outside.lockFile ?? LOCK_FILE);
    if ('holder' in lock) return { type: 'other', holder: lock.holder };
    const abort = new AbortController();
    const done = createDeferred<undefined>();
    work = { abort, done: done.promise.then(() => undefined) };
    try {
      await outside.install(request, {
        sink: (event) => {
          dispatch({ type: 'step', event, now: Date.now() });
        },
        signal: abort.signal,
        ask: (words) => {
          const given = createDeferred<string>();
          answer = given.resolve;
          dispatch({ type: 'ask', words });
          return given.promise;
        },
      });
      return { type: 'installed', now: Date.now() };
    } catch (error) {
      return { type: 'failed', error, now: Date.now() };
    } finally {
      work = undefined;
      await lock.release();
      done.resolve(undefined);
    }
  }

  const onKeys = (keys: readonly Key[]): void => {
    for (const key of keys) {
      if (lent) return;
      if (key.name !== 'position') change({ type: 'key', key });
      else if (asked) {
        asked = false;
        change({ type: 'size', columns: key.column, rows: key.row });
      }
    }
    paint();
  };
  const type = createTyping((keys) => {
    try {
      onKeys(keys);
    } catch (error) {
      ending.reject(error);
    }
  });

  let ticks = 0;
  const tick = (): void => {
    ticks += 1;
    if (work !== undefined) {
      dispatch({ type: 'tick', now: Date.now() });
      return;
    }
    if (ticks % LOOK_TICKS !== 0 || lent) return;
    lockHolder(outside.lockFile ?? LOCK_FILE).then((holder) => {
      if (work !== undefined || holder?.pid === process.pid) return;
      dispatch({ type: 'other', holder });
    }, ending.reject);
  };
  const hangUp = (): void => {
    work?.abort.abort();
    const error = new KronosError('interrupted/cancelled', 'the installer was ended');
    void (work?.done ?? Promise.resolve()).then(() => {
      ending.reject(error);
    });
  };
  signal.addEventListener('abort', hangUp, { once: true });
  terminal.onEnd(hangUp);
  return { type, resize, tick, ended: ending.promise };
}

/** Keys from bytes; an ESC is one when nothing follows for a while. */
function createTyping(onKeys: (keys: readonly Key[]) => void): (bytes: Buffer) => void {
  const decoder = createKeyDecoder();
  let count = 0;
  return (bytes) => {
    count += 1;
    const own = count;
    const keys = decoder.push(bytes);
    if (keys.length > 0) onKeys(keys);
    if (!decoder.waiting()) return;
    void waitForMore().then(() => {
      if (own === count) onKeys(decoder.flush());
    });
  };
}

/** After a pause of our own the clock is served before the terminal is: one more round lets it speak. */
async function waitForMore(): Promise<void> {
  await sleep(ESCAPE_MS);
  await new Promise((resolve) => setImmediate(resolve));
  await sleep(1);
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
}

function createDeferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
