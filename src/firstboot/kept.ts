// Reports that could not be delivered: kept in their order, without secrets, until the server has acknowledged them.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../common/error.ts';
import { writeFileAtomic } from '../common/files.ts';
import { refusalOf } from '../host/fetch.ts';
import type { ReportMessage } from '../steps/reporter.ts';
import { MEMORY } from './context.ts';

/** Where they are; kronos-report.service looks whether there are any. */
export const KEPT = join(MEMORY, 'reports');

/** Of more, the oldest go. */
const LIMIT = 20;

const NAME = /^(\d{6})\.json$/;

/** Statuses of a server that will never take a message, whoever sends it. */
const NEVER = new Set([400, 413, 422]);

/** Paths of kept messages, the oldest first. Errors: those of node:fs. */
export async function listKept(directory = KEPT): Promise<string[]> {
  try {
    const names = (await readdir(directory)).filter((name) => NAME.test(name));
    return names.sort().map((name) => join(directory, name));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Keeps a message; gives its path. Errors: those of node:fs. */
export async function keepReport(message: string, directory = KEPT): Promise<string> {
  await mkdir(dirname(directory), { recursive: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const kept = await listKept(directory);
  const last = Number(NAME.exec(kept.at(-1)?.slice(directory.length + 1) ?? '')?.[1] ?? 0);
  const path = join(directory, `${String(last + 1).padStart(6, '0')}.json`);
  await writeFileAtomic(path, message, 0o600);
  for (const old of kept.slice(0, Math.max(0, kept.length + 1 - LIMIT))) await rm(old);
  return path;
}

/**
 * Sends kept messages in their order and forgets those that were acknowledged; gives the last one.
 * Errors: the first one of `send`; those of node:fs.
 */
export async function sendKept(
  paths: readonly string[],
  send: (text: string) => Promise<unknown>,
  note: (text: string) => void,
): Promise<ReportMessage | undefined> {
  let last: ReportMessage | undefined;
  for (const path of paths) {
    const message = await readMessage(path);
    if (message !== undefined) {
      try {
        await send(JSON.stringify(message));
        note(`the report of an earlier run was delivered`);
        last = message;
      } catch (error) {
        if (!NEVER.has(refusalOf(error) ?? 0)) throw error;
        note(`the report of an earlier run is not wanted: ${String(error)}`);
      }
    }
    await rm(path, { force: true });
  }
  return last;
}

/** Undefined where the disk has lost it. */
async function readMessage(path: string): Promise<ReportMessage | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ReportMessage;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
