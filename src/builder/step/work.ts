// Directories that belong to one running process. Whoever comes after removes those of processes that are gone, because
// one that was killed could not.
import { mkdir, mkdtemp, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { processStart } from '../../common/process-start.ts';
import { removeTree } from '../sandbox/remove.ts';

/** Milliseconds after which the directory of a process that cannot be looked at (another container's) is abandoned. */
const ABANDONED_AFTER = 24 * 3600 * 1000;

async function namespaceId(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '');
  return /\d+/.exec(link)?.[0] ?? '0';
}

/** Makes a directory below `parent` that is known as ours. Errors: those of node:fs. */
export async function makeWorkDirectory(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  // As /proc sees it, which is not always how we are numbered ourselves.
  const pid = await readlink('/proc/self').catch(() => String(process.pid));
  const start = (await processStart(pid)) ?? '0';
  return mkdtemp(join(parent, `${await namespaceId()}.${pid}.${start}-`));
}

/** Removes the directories below `parent` whose process is gone. Errors: those of removeTree. */
export async function removeStaleWork(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (await isStale(parent, name)) await removeTree(join(parent, name));
  }
}

async function isStale(parent: string, name: string): Promise<boolean> {
  const [, namespace, pid, start] = /^(\d+)\.(\d+)\.(\d+)-/.exec(name) ?? [];
  if (pid === undefined) return true;
  if (namespace === (await namespaceId())) return (await processStart(pid)) !== start;
  const made = (await stat(join(parent, name)).catch(() => undefined))?.mtimeMs ?? 0;
  return Date.now() - made > ABANDONED_AFTER;
}
