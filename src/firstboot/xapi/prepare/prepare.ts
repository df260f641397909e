// Before the daemons of xapi start: what they need on this host is made, and the cards are theirs. Runs at every start and
// changes nothing where all is there.
import { randomUUID } from 'node:crypto';
import { mkdir, symlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { KronosError } from '../../../common/error.ts';
import { exists, readTextOrUndefined, writeFileAtomic } from '../../../common/files.ts';
import { run } from '../../../common/process.ts';
import type { BootContext } from '../../context.ts';
import { readCards, renameCommands } from '../../network/cards.ts';
import {
  isNetworkFile,
  NETWORK_DIRECTORY,
  readNetworkFiles,
  writeNetworkFiles,
} from '../../network/directory.ts';
import { MANAGEMENT_BRIDGE } from '../../network/switch.ts';
import {
  completeInventory,
  formatInventory,
  mergeInventories,
  parseInventory,
} from '../inventory.ts';
import { PLACES } from '../own.ts';
import { managementConf } from './management.ts';
import { nameCards, planCardNames, type CardNames } from './names.ts';
import { CARD_NAMES, INVENTORY_COPY, xapiPaths, type PreparedPath } from './paths.ts';
import { takeOverHost } from './take-over.ts';

const NETWORKD_UNIT = '/usr/lib/systemd/system/xcp-networkd.service';

/** Seconds until a card is there whose driver is slow. */
const CARD_PATIENCE = 60;

/** Errors: `host/card-missing`, those of node:fs and of programs. */
export async function prepareXapi(
  context: Pick<BootContext, 'hostFile' | 'installed'>,
  version: string,
  note: (text: string) => void,
): Promise<void> {
  const { hostFile, installed } = context;
  const networks = installed.disks.networks;
  const macs = [
    ...new Set(
      networks.flatMap(({ interfaces }) => interfaces.map(({ mac }) => mac.toLowerCase())),
    ),
  ];
  const names = await nameNow(macs);
  const management = networks.find(({ name }) => name === 'management') ?? networks[0];
  const cards = (management?.interfaces ?? []).flatMap(({ mac }) => names[mac.toLowerCase()] ?? []);
  const facts = { management: managementConf(hostFile.network.management, cards) };
  for (const path of xapiPaths(facts)) if (await makePath(path)) note(`made ${path.path}`);
  await writeChanged(CARD_NAMES, `${JSON.stringify(names, undefined, 2)}\n`, note);
  await prepareInventory({ version, ipv6: hostFile.network.management.ipv4.mode === 'none' }, note);
  // An origin without xcp-networkd leaves the network as the installation made it.
  if (!(await exists(NETWORKD_UNIT))) return;
  if (await takeOverHost(installed)) note('the cards are no longer those of the former network');
  await handOverCards(names, note);
}

/** What xapi knows of itself, for the next image. Errors: those of node:fs. */
export async function copyInventory(): Promise<void> {
  const text = await readTextOrUndefined(PLACES.inventory);
  if (text !== undefined && text !== (await readTextOrUndefined(INVENTORY_COPY)))
    await writeFileAtomic(INVENTORY_COPY, text);
}

async function prepareInventory(
  facts: { version: string; ipv6: boolean },
  note: (text: string) => void,
): Promise<void> {
  const copy = parseInventory((await readTextOrUndefined(INVENTORY_COPY)) ?? '');
  const there = parseInventory((await readTextOrUndefined(PLACES.inventory)) ?? '');
  const complete = completeInventory(mergeInventories(copy, there), {
    ...{ brand: 'Kronos', bridge: MANAGEMENT_BRIDGE, uuid: randomUUID, ...facts },
  });
  await writeChanged(PLACES.inventory, formatInventory(complete), note);
  await copyInventory();
}

async function nameNow(macs: readonly string[]): Promise<CardNames> {
  const before = JSON.parse((await readTextOrUndefined(CARD_NAMES)) ?? '{}') as CardNames;
  const deadline = Date.now() + CARD_PATIENCE * 1000;
  for (;;) {
    const found = await readCards();
    const missing = macs.filter((wanted) => !found.some(({ mac }) => mac === wanted));
    if (missing.length === 0) return nameCards(macs, found, before);
    if (Date.now() > deadline) {
      throw new KronosError(
        'host/card-missing',
        `no network card with the address ${missing.join(', ')} after ${CARD_PATIENCE} s`,
        { hint: 'put the card back, or install again with --reinstall to choose others' },
      );
    }
    await sleep(500);
  }
}

/** Whether anything was made. */
async function makePath({ path, text, target, mode, unfit }: PreparedPath): Promise<boolean> {
  if (target !== undefined) {
    if (await exists(path)) return false;
    await symlink(target, path);
    return true;
  }
  if (text === undefined) return (await mkdir(path, { recursive: true })) !== undefined;
  const there = await readTextOrUndefined(path);
  if (there !== undefined && unfit?.(there) !== true) return false;
  await writeFileAtomic(path, text, mode);
  return true;
}

async function writeChanged(
  path: string,
  text: string,
  note: (text: string) => void,
): Promise<void> {
  if ((await readTextOrUndefined(path)) === text) return;
  await writeFileAtomic(path, text);
  note(`wrote ${path}`);
}

/** Addresses stay on the cards until xcp-networkd takes them to its bridges. */
async function handOverCards(names: CardNames, note: (text: string) => void): Promise<void> {
  if ((await readNetworkFiles(NETWORK_DIRECTORY, isNetworkFile)).length > 0) {
    await run([
      ...['systemctl', 'disable', '--quiet', '--now'],
      ...['systemd-networkd.service', 'systemd-networkd.socket'],
    ]);
    await writeNetworkFiles(NETWORK_DIRECTORY, [], isNetworkFile);
    note('the cards are xapi’s from now on');
  }
  const renames = planCardNames(names, await readCards());
  for (const { from, to } of renames) note(`card ${from} is ${to}`);
  for (const command of renameCommands(renames)) await run(command);
}
