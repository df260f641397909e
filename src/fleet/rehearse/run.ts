// Rehearses a fleet file, or one that is made up, with all that it needs in a directory of its own.
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { withTemporaryDirectory } from '../../common/files.ts';
import type { Fleet } from '../file/fleet.ts';
import { readFleetFile } from '../file/read.ts';
import { makeUpFleet, makeUpTree } from './made-up.ts';
import { rehearse, type Rehearsal, type RehearsalOptions } from './rehearse.ts';
import type { ServerOrder } from './server-words.ts';
import { openSite } from './site.ts';

export interface RunOptions extends Pick<
  RehearsalOptions,
  'settings' | 'signal' | 'onStatus' | 'coordinator' | 'strikes'
> {
  /** A fleet file, or for how many hosts one is made up. */
  fleet: { file: string } | { hosts: number };
  /** Starts what serves the fleet (default openSite). */
  open?:
    | ((
        order: SiteOrder,
        clock: Parameters<RehearsalOptions['open']>[0],
      ) => ReturnType<RehearsalOptions['open']>)
    | undefined;
}

export type SiteOrder = Omit<ServerOrder, 'now' | 'httpPort' | 'httpsPort'>;

/** Only this machine can reach it. */
const LOOPBACK = '127.0.0.1';

/**
 * Errors: those of readFleetFile and rehearse.
 */
export async function rehearseFleet(
  options: RunOptions,
): Promise<{ fleet: Fleet; rehearsal: Rehearsal }> {
  return withTemporaryDirectory(tmpdir(), async (directory) => {
    const { settings, signal, onStatus, coordinator, strikes, open = openSite } = options;
    let fleetFile = join(directory, 'fleet.yaml');
    if ('file' in options.fleet) fleetFile = resolve(options.fleet.file);
    else await writeFile(fleetFile, makeUpFleet(options.fleet.hosts));
    const { fleet } = await readFleetFile(fleetFile);
    const tree = join(directory, 'tree');
    await makeUpTree(tree);
    const order = { fleetFile, tree, state: join(directory, 'state'), address: LOOPBACK };
    const rehearsal = await rehearse({
      ...{ fleet, settings, signal, onStatus, coordinator, strikes, start: Date.now() },
      open: (clock) => open(order, clock),
    });
    return { fleet, rehearsal };
  });
}
