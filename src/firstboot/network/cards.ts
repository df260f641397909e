// Cards keep the names that the host was planned with, wherever they are plugged in.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { run } from '../../common/process.ts';
import { readAttribute } from '../../host/probe/sysfs.ts';
import type { BootContext, BootStep } from '../context.ts';
import { findChangedFiles, NETWORK_DIRECTORY, writeNetworkFiles } from './directory.ts';
import { linkFiles, type NetworkFile } from './files.ts';
import type { Bridge } from './switch.ts';

const CLASS = '/sys/class/net';

/** A card that the kernel shows. */
export interface FoundCard {
  name: string;
  mac: string;
}

/** All cards of the machine: no bridges, bonds, VLANs or interfaces of guests. Errors: those of node:fs. */
export async function readCards(): Promise<FoundCard[]> {
  const found: FoundCard[] = [];
  for (const name of await readdir(CLASS)) {
    // Only what has a device behind it is hardware.
    const isCard = await readdir(join(CLASS, name, 'device')).then(
      () => true,
      () => false,
    );
    if (!isCard) continue;
    // A bond of the kernel lends all its cards one address.
    const own = await readAttribute(join(CLASS, name, 'bonding_slave/perm_hwaddr'));
    const mac = own ?? (await readFile(join(CLASS, name, 'address'), 'utf8')).trim();
    found.push({ name, mac: mac.toLowerCase() });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export interface Rename {
  from: string;
  to: string;
}

/**
 * Which cards have to get another name. Errors: `host/card-missing` with those that are there, `host/card-name-taken`.
 */
export function planRenames(bridges: readonly Bridge[], found: readonly FoundCard[]): Rename[] {
  const wanted = bridges.flatMap(({ cards }) => cards);
  const missing = wanted.filter(({ mac }) => !found.some((card) => card.mac === mac));
  if (missing.length > 0) {
    const there = found.map(({ name, mac }) => `${name} ${mac}`).join(', ');
    throw new KronosError(
      'host/card-missing',
      `no network card with the address ${missing.map(({ mac }) => mac).join(', ')}; there ${there === '' ? 'is none' : `are ${there}`}`,
      { hint: 'put the card back, or install again with --reinstall to choose others' },
    );
  }
  const renames = wanted.flatMap(({ name, mac }) => {
    const from = found.find((card) => card.mac === mac)?.name;
    return from === undefined || from === name ? [] : [{ from, to: name }];
  });
  for (const { to } of renames) {
    const owner = found.find(({ name }) => name === to);
    if (owner === undefined || renames.some(({ from }) => from === to)) continue;
    throw new KronosError(
      'host/card-name-taken',
      `the name ${to} belongs to the card ${owner.mac}, which no network uses`,
      { hint: 'remove what gives it that name from /etc/systemd/network or the kernel arguments' },
    );
  }
  return renames;
}

/** Two cards may change names with each other: all get a name in between first. */
export function renameCommands(renames: readonly Rename[]): string[][] {
  const link = (...words: string[]): string[] => ['ip', 'link', 'set', ...words];
  return [
    ...renames.flatMap(({ from }, index) => [
      link('dev', from, 'down'),
      link('dev', from, 'name', `kronos${index}`),
    ]),
    ...renames.flatMap(({ to }, index) => [
      link('dev', `kronos${index}`, 'name', to),
      link('dev', to, 'up'),
    ]),
  ];
}

/** Files for the next start, and the names now where they are others. */
export const cardsStep: BootStep = {
  name: 'cards',
  title: 'Naming the network cards',
  weight: 1,
  probe: async (context) =>
    planRenames(context.bridges, await readCards()).length === 0 &&
    (await findChangedFiles(NETWORK_DIRECTORY, filesOf(context), isLinkFile)).length === 0,
  apply: async (context) => {
    const { bridges } = context;
    await writeNetworkFiles(NETWORK_DIRECTORY, filesOf(context), isLinkFile);
    for (const command of renameCommands(planRenames(bridges, await readCards())))
      await run(command);
  },
};

function filesOf({ bridges, installed }: BootContext): NetworkFile[] {
  return linkFiles(bridges, { adopted: installed.adopted !== undefined });
}

function isLinkFile(name: string): boolean {
  return name.endsWith('.link');
}
