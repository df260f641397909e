// A fleet server of a rack, driven as an operator drives it: by its commands.
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { endWithParent, followLines, run, start } from '../../src/common/process.ts';
import type { FleetStatus, HostStatus } from '../../src/fleet/desk.ts';
import { OUT } from './machine.ts';
import { BRIDGE, endProgram, type Rack } from './rack.ts';

/** Under TCG, four at once on few processors. */
const SECONDS = 90 * 60;

/** Each look costs the start of a program; machines under TCG need the processors more. */
const POLL_MS = 10_000;

/** Lines of the server that a failure shows. */
const TAIL = 40;

export interface FleetLab {
  /** Starts the server, also where it was killed before. */
  serve: () => Promise<void>;
  /** Ends it as a power cut does. */
  kill: () => Promise<void>;
  status: () => Promise<FleetStatus>;
  /** `kronos fleet WORDS`. */
  say: (...words: string[]) => Promise<string>;
  until: (what: string, holds: (status: FleetStatus) => boolean, seconds?: number) => Promise<void>;
  /** What the server wrote. */
  lines: readonly string[];
}

/** A server that is not started yet; `text` is the fleet file, `tree` what machines start. */
export async function openFleet(
  t: ExecutionContext,
  rack: Rack,
  directory: string,
  tree: string,
  text: string,
): Promise<FleetLab> {
  const file = join(directory, 'fleet.yaml');
  const state = join(directory, 'state');
  await writeFile(file, text);
  await mkdir(join(OUT, 'vm-logs'), { recursive: true });
  const log = createWriteStream(join(OUT, 'vm-logs', 'fleet-serve.log'));
  const lines: string[] = [];
  /** Into the log of the server, so that one story is read in one place. */
  const note = (text: string): void => {
    log.write(`${new Date().toISOString()} # ${text}\n`);
  };
  let server: ReturnType<typeof start> | undefined;
  const kill = async (): Promise<void> => {
    if (server !== undefined) {
      await endProgram(server);
      note('the server was killed');
    }
    server = undefined;
  };
  t.teardown(kill);
  const kronos = (...words: string[]): string[] => [...rack.within, './kronos', 'fleet', ...words];
  const say = async (...words: string[]): Promise<string> => {
    const { stdout } = await run(kronos(...words, '--state', state), { extendEnvironment: true });
    return stdout;
  };
  const status = async (): Promise<FleetStatus> =>
    JSON.parse(await say('status', '--json')) as FleetStatus;
  return {
    lines,
    kill,
    say,
    status,
    serve: async () => {
      const words = ['serve', file, '--interface', BRIDGE, '--state', state, '--tree', tree];
      server = start(endWithParent(kronos(...words)));
      for (const stream of [server.stdout, server.stderr])
        followLines(stream, (line) => {
          lines.push(line);
          log.write(`${new Date().toISOString()} ${line}\n`);
        });
      for (let left = 60; ; left -= 1) {
        if (
          await status().then(
            () => true,
            (error: unknown) => left < 0 && Promise.reject(error as Error),
          )
        )
          return;
        await sleep(1000);
      }
    },
    until: async (what, holds, seconds = SECONDS) => {
      const deadline = performance.now() + seconds * 1000;
      note(`waiting until ${what}`);
      for (let before = ''; ;) {
        const now = await status();
        const shown = now.hosts.map(describe).join(', ');
        if (shown !== before) note(`${now.rollout}: ${shown}`);
        before = shown;
        if (holds(now)) return;
        if (performance.now() > deadline) {
          const said = lines.slice(-TAIL).join('\n');
          throw new Error(`${what}: not in time; ${JSON.stringify(now.hosts)}\n${said}`);
        }
        await sleep(POLL_MS);
      }
    },
  };
}

function describe({ host, machine, state, attempt, step, failure }: HostStatus): string {
  const where = [host ?? machine, state, step, failure?.code].filter((word) => word !== undefined);
  return `${where.join(' ')} (${attempt})`;
}
