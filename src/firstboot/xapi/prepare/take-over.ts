// The cards of a host that was there before become those of xcp-networkd, which knows nothing of what was before: that is
// remembered as with xl, until the network has answered for a start without Xen, and then for the day on which the packages go.
import { readNetworkFiles, isNetworkFile, NETWORK_DIRECTORY } from '../../network/directory.ts';
import { readSwitch } from '../../network/read-switch.ts';
import { interruptedHost, rememberHost } from '../../network/takeover.ts';
import { disableNetworkd, readFormerHost, takeCards } from '../../adopt/handover.ts';
import { ADOPTED, readTaken } from '../../adopt/record.ts';
import { THIS_HOST, type Looking } from '../../adopt/system.ts';
import { MEMORY } from '../../context.ts';
import type { Installed } from '../../installed.ts';

/** Other places are for tests. */
interface Places {
  looking?: Looking;
  memory?: string;
  adopted?: string;
  /** Names of the bridges that there are. */
  bridges?: () => Promise<string[]>;
}

/**
 * Takes the cards, under the names that they have so far, out of the hands of whoever configured them. Whether anything was
 * done: not on a host that an installation made, nor where it was done before. Errors: those of node:fs and of programs.
 */
export async function takeOverHost(
  { adopted, disks }: Pick<Installed, 'adopted' | 'disks'>,
  places: Places = {},
): Promise<boolean> {
  const { looking = THIS_HOST, memory = MEMORY, bridges = readBridges } = places;
  if (adopted === undefined) return false;
  if ((await readTaken(places.adopted ?? ADOPTED)) !== undefined) return false;
  let host = await interruptedHost(memory);
  if (host === undefined) {
    const cards = disks.networks.flatMap(({ interfaces }) => interfaces);
    const once = cards.filter(({ mac }, at) => cards.findIndex((one) => one.mac === mac) === at);
    host = await readFormerHost({ cards: once, virtual: adopted.virtual }, looking);
    const files = await readNetworkFiles(NETWORK_DIRECTORY, isNetworkFile);
    await rememberHost({ files, bridges: await bridges(), host }, memory);
  }
  await takeCards(host, looking);
  await disableNetworkd(looking);
  return true;
}

async function readBridges(): Promise<string[]> {
  return (await readSwitch()).bridges.map(({ name }) => name);
}
