// What others need to join the pool of this host: told with the report, for whoever composes their host files.
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { KronosError } from '../../common/error.ts';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { readFingerprint } from '../../common/pinned-socket.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { MEMORY, type BootContext, type BootStep } from '../context.ts';
import { readRole, readUuid, withOwnSession } from './own.ts';

const schema = z.object({
  /** Of the management interface, under which members reach xapi. */
  address: z.string().min(1),
  /** SHA-256 of the certificate that it shows there; small hexadecimal digits. */
  fingerprint: z.string(),
});

export type Coordinator = z.output<typeof schema>;

/** Seconds; TLS is served by another daemon, which may start later than xapi itself. */
const PATIENCE = 300;

/** Whether anybody would hear of it. */
export function isAskedFor({ pool, report }: HostFile): boolean {
  return pool?.role === 'coordinator' && report !== undefined;
}

/** Looks under which address and with which certificate this host is a coordinator, and remembers it. */
export const coordinatorStep: BootStep = {
  name: 'coordinator',
  title: 'Reading what members need to join',
  weight: 1,
  needs: ['network', 'settings'],
  probe: async (context) => {
    // Somebody has made it a member of another pool: nobody is to join it.
    if ((await readRole(context.places)) !== 'master') return true;
    const known = await readCoordinator(context.places.memory);
    if (known === undefined) return false;
    const now = await look(context).catch(() => undefined);
    return now?.address === known.address && now.fingerprint === known.fingerprint;
  },
  apply: async (context, { note }) => {
    const { signal, places } = context;
    const deadline = performance.now() + PATIENCE * 1000;
    for (;;) {
      try {
        const found = await look(context);
        await writeFileAtomic(pathIn(places.memory), `${JSON.stringify(found)}\n`);
        note(`members join ${found.address}, certificate ${found.fingerprint}`);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (performance.now() > deadline) throw unseen(error);
        note(error instanceof Error ? error.message : String(error));
        await sleep(2000, undefined, { signal });
      }
    }
  },
};

function unseen(cause: unknown): KronosError {
  return new KronosError(
    'io/no-certificate',
    'the address and the certificate that members of the pool have to know cannot be read',
    {
      cause,
      hint: 'look whether the management interface has an address, and xapi answers over HTTPS there',
    },
  );
}

async function look({ places, signal }: BootContext): Promise<Coordinator> {
  const uuid = await readUuid(places);
  const address = await withOwnSession(
    async (session) => {
      const host = await session.call<string>('host.get_by_uuid', [uuid]);
      return session.call<string>('host.get_address', [host]);
    },
    signal,
    places,
  );
  // With DHCP there may be none yet, and nobody could join under none.
  if (address === '') throw new Error('xapi does not know the address of this host yet');
  const patience = AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
  const fingerprint = await readFingerprint({ host: address, port: places.port ?? 443 }, patience);
  return { address, fingerprint };
}

function pathIn(memory = MEMORY): string {
  return join(memory, 'coordinator.json');
}

/** What was seen last; undefined where this host is no coordinator that was asked for. */
export async function readCoordinator(memory?: string): Promise<Coordinator | undefined> {
  const text = await readTextOrUndefined(pathIn(memory));
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // It is looked at again.
    return undefined;
  }
}
