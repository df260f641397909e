// Files of ours among those of the administrator in /etc/systemd/network.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import type { NetworkFile } from './files.ts';

export const NETWORK_DIRECTORY = '/etc/systemd/network';

/** Files that kronos-install or first boot made; others are left alone. */
const OURS = /^\d\d-kronos-.*\.(link|network|netdev)$/;

/** What systemd-networkd reads; names of cards are another kind. */
export function isNetworkFile(name: string): boolean {
  return name.endsWith('.network') || name.endsWith('.netdev');
}

async function listOurs(directory: string, isOfKind: (name: string) => boolean): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => OURS.test(name) && isOfKind(name)).sort();
}

/** Names of files of a kind that are to be written or to go. */
export async function findChangedFiles(
  directory: string,
  wanted: readonly NetworkFile[],
  isOfKind: (name: string) => boolean,
): Promise<string[]> {
  const stale = (await listOurs(directory, isOfKind)).filter(
    (name) => !wanted.some((file) => file.name === name),
  );
  const changed: string[] = [];
  for (const { name, text } of wanted)
    if ((await readTextOrUndefined(join(directory, name))) !== text) changed.push(name);
  return [...changed, ...stale];
}

/** Makes the files of a kind exactly those that are wanted. Errors: those of node:fs. */
export async function writeNetworkFiles(
  directory: string,
  wanted: readonly NetworkFile[],
  isOfKind: (name: string) => boolean,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const texts = new Map(wanted.map(({ name, text }) => [name, text]));
  for (const name of await findChangedFiles(directory, wanted, isOfKind)) {
    const text = texts.get(name);
    if (text === undefined) await rm(join(directory, name), { force: true });
    else await writeFileAtomic(join(directory, name), text);
  }
}

/** The files of ours that are there, to be brought back. */
export async function readNetworkFiles(
  directory: string,
  isOfKind: (name: string) => boolean,
): Promise<NetworkFile[]> {
  const names = await listOurs(directory, isOfKind);
  return Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(directory, name), 'utf8') })),
  );
}
