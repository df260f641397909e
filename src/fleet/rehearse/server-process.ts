// Starts the server of a rehearsal and talks to it.
import { fileURLToPath } from 'node:url';
import { KronosError } from '../../common/error.ts';
import { followLines, start } from '../../common/process.ts';
import type { OperatorAction } from '../desk.ts';
import type { Entry } from '../state/event.ts';
import type { Clock } from './clock.ts';
import type {
  ServerFigures,
  ServerOrder,
  ServerQuestion,
  ServerSays,
  ServerStatus,
} from './server-words.ts';

export interface RehearsedServer {
  /** For boot scripts: `http://127.0.0.1:8080`. */
  httpUrl: string;
  httpsUrl: string;
  status: () => Promise<ServerStatus>;
  act: (action: OperatorAction) => Promise<void>;
  figures: () => Promise<ServerFigures>;
  /** Every entry of the journal, in the order of its time. */
  journal: () => Promise<readonly Entry[]>;
  /** Ends it: with SIGKILL, as a power cut does. */
  kill: () => Promise<void>;
}

type WithoutId<Q> = Q extends { id: number } ? Omit<Q, 'id'> : never;

/** Lines of what a server said before it ended that are shown. */
const TAIL = 12;

const MAIN = fileURLToPath(new URL('./server-main.js', import.meta.url));

/**
 * Starts a server as a process of its own, which ends when we do.
 * Errors: `io/fleet-rehearsal` with what the server says.
 */
export async function startServer(
  order: Omit<ServerOrder, 'now'>,
  clock: Clock,
): Promise<RehearsedServer> {
  const child = start([process.execPath, MAIN], { stdin: 'pipe' });
  const waiting = new Map<
    number,
    { resolve: (answer: never) => void; reject: (e: Error) => void }
  >();
  const last: string[] = [];
  let count = 0;
  const send = (words: ServerOrder | ServerQuestion): void =>
    void child.stdin?.write(`${JSON.stringify(words)}\n`);
  const failed = (why: string): KronosError =>
    new KronosError('io/fleet-rehearsal', `the server of the rehearsal failed: ${why}`, {
      hint: 'it is the server that kronos fleet serve starts: see what it says with the same fleet file',
    });
  followLines(child.stderr, (line) => {
    last.push(line);
    if (last.length > TAIL) last.shift();
  });
  // It may end while it is told the time.
  child.stdin?.on('error', () => undefined);
  const ready = new Promise<{ httpUrl: string; httpsUrl: string }>((resolve, reject) => {
    followLines(child.stdout, (line) => {
      const words = JSON.parse(line) as ServerSays;
      if ('ready' in words) resolve(words.ready);
      else if ('error' in words && words.id === undefined) reject(failed(words.error));
      else if ('id' in words && words.id !== undefined) {
        const asked = waiting.get(words.id);
        waiting.delete(words.id);
        if ('error' in words) asked?.reject(failed(words.error));
        else asked?.resolve(words.answer as never);
      }
    });
    void child.done.then((code) => {
      const error = failed(`it ended with ${code}\n${last.join('\n')}`);
      reject(error);
      for (const { reject: give } of waiting.values()) give(error);
      waiting.clear();
      ended = true;
    });
  });
  let ended = false;
  const ask = <T>(question: WithoutId<ServerQuestion>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (ended) {
        reject(failed('it is gone'));
        return;
      }
      count += 1;
      waiting.set(count, { resolve, reject });
      send({ ...question, id: count });
    });
  send({ ...order, now: clock.now() });
  const urls = await ready;
  clock.onAdvance((now) => {
    if (!ended) send({ now });
  });
  return {
    ...urls,
    status: () => ask({ ask: 'status' }),
    act: (action) => ask({ ask: 'act', action }),
    figures: () => ask({ ask: 'figures' }),
    journal: () => ask({ ask: 'journal' }),
    kill: async () => {
      ended = true;
      child.kill('SIGKILL');
      await child.done;
    },
  };
}
