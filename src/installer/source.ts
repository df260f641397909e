// Where the host file comes from: every place is looked at in one order, and each that was not taken says why. What
// is named may be user-data of cloud-init that brings a host file.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { exists, readTextOrUndefined } from '../common/files.ts';
import { run } from '../common/process.ts';
import { parseHostArea } from '../host/area.ts';
import { fetchText, shownUrl } from '../host/fetch.ts';
import { readText } from '../host/read.ts';
import { hostFileOfUserData, isUserData } from '../host/user-data.ts';
import type { Facts } from '../host/variables.ts';
import { awaitHostFile, type Newcomer } from './fleet/orders.ts';
import { createTeller } from './fleet/persist.ts';
import { readFleetServer, type FleetServer } from './fleet/server.ts';
import { patiently } from './patience.ts';
import { findSeed, SEED_PLACE } from './seed.ts';
import { findLabelled, LABEL, STICK } from './stick.ts';

/** A host file before it is read. */
export interface FoundHostFile {
  /** What messages call it: a path or a URL without secrets. */
  name: string;
  text: string;
  /** Where files beside it are. */
  directory?: string | undefined;
  /** The server that gave it, where a fleet did. */
  fleet?: FleetServer | undefined;
}

/** A place that was looked at. */
export interface SourceAttempt {
  place: string;
  /** Why it was not taken; undefined for the one that was. */
  skipped?: string | undefined;
}

export interface FindResult {
  found?: FoundHostFile | undefined;
  attempts: SourceAttempt[];
  /** Why the machine has to be started again instead. */
  restart?: string | undefined;
}

export interface FindOptions {
  /** From the command line. */
  file?: string | undefined;
  /** Words of the kernel command line. */
  kernelArguments: readonly string[];
  facts: Facts;
  /** Where the initrd left the area of the medium. */
  area: string;
  /** What a fleet server is told of this machine; left out where none is to be asked. */
  newcomer?: Omit<Newcomer, 'facts'> | undefined;
  signal: AbortSignal;
  note: (text: string) => void;
}

/** Name of the host file on a stick. */
const FILE = 'host.yaml';

/**
 * The first host file in the order command line, kernel argument `kronos.host=URL`, fleet server, medium, partition
 * labelled KRONOS. One that was named but cannot be had is an error, not a reason to go on with another; a fleet server
 * is waited for without end.
 * Errors: those of reading, fetching, readFleetServer and awaitHostFile.
 */
export async function findHostFile(options: FindOptions): Promise<FindResult> {
  const attempts: SourceAttempt[] = [];
  for (const [place, look] of placesOf(options)) {
    const result = await look();
    if (typeof result === 'string') {
      attempts.push({ place, skipped: result });
      continue;
    }
    attempts.push({ place });
    return { ...('restart' in result ? result : { found: result }), attempts };
  }
  return { attempts };
}

type Look = () => Promise<FoundHostFile | { restart: string } | string>;

function placesOf(options: FindOptions): [string, Look][] {
  return [
    ['command line', () => fromFile(options.file)],
    ['kernel argument kronos.host=', () => fromUrl(options)],
    ['kernel argument kronos.fleet=', () => fromFleet(options)],
    ['embedded in the medium', () => fromArea(options.area)],
    [`partition labelled ${LABEL}`, fromPartition],
    [SEED_PLACE, () => findSeed()],
  ];
}

async function fromFile(file: string | undefined): Promise<FoundHostFile | string> {
  if (file === undefined) return 'no file was named';
  return unpack({ name: file, text: await readText(file), directory: join(file, '..') });
}

async function fromUrl(options: FindOptions): Promise<FoundHostFile | string> {
  const setting = (name: string): string | undefined =>
    options.kernelArguments.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const pattern = setting('kronos.host');
  if (pattern === undefined || pattern === '') return 'not given';
  const url = fillUrl(pattern, options.facts);
  const fingerprint = setting('kronos.host.sha256');
  const { signal } = options;
  const text = await patiently(() => fetchText(url, { fingerprint, signal }), options);
  return unpack({ name: shownUrl(url), text });
}

/** The host file itself where user-data brought it; nothing else in it is done. Errors: those of hostFileOfUserData. */
function unpack(found: FoundHostFile): FoundHostFile {
  if (!isUserData(found.text)) return found;
  return { ...found, text: hostFileOfUserData(found.text, found.name) };
}

async function fromFleet(options: FindOptions): ReturnType<Look> {
  const { kernelArguments, newcomer, facts, signal, note } = options;
  const server = readFleetServer(kernelArguments);
  if (server === undefined) return 'not given';
  // Its host file goes out once: to look at a plan, or to ask questions, is no reason to take it.
  if (newcomer === undefined) return 'only an unattended installation takes it';
  note(`fleet: asking ${server.url}`);
  const end = await awaitHostFile(
    server,
    { ...newcomer, facts },
    { signal, tell: createTeller(note) },
  );
  if ('restart' in end) return end;
  return { name: `host file of ${server.url}`, text: end.hostFile, fleet: server };
}

/** Puts facts of the machine into a URL. Errors: `host/no-such-fact`. */
export function fillUrl(pattern: string, facts: Facts): string {
  return pattern.replaceAll(/\$?\{([a-z_]+)\}/g, (_all, name: string) => {
    const value = facts[name as keyof Facts];
    if (value === undefined || value === '') {
      throw new KronosError('host/no-such-fact', `this machine does not say its ${name}`, {
        hint: 'use another name in kronos.host=: mac, uuid, serial, asset_tag, product',
      });
    }
    // As in the URLs of host files: a file on a server may be called 52:54:00:12:34:56.yaml.
    return encodeURIComponent(value).replaceAll('%3A', ':');
  });
}

async function fromArea(area: string): Promise<FoundHostFile | string> {
  if (!(await exists(area))) return 'this system was not started from a medium';
  const text = parseHostArea(await readFile(area));
  return text === undefined ? 'the area is empty' : { name: 'host file of the medium', text };
}

async function fromPartition(): Promise<FoundHostFile | string> {
  const device = (await findLabelled())?.path;
  if (device === undefined) return 'there is none';
  const directory = STICK;
  await mkdir(directory, { recursive: true });
  await run(['mount', '-o', 'ro,nosuid,nodev,noexec', device, directory]);
  const text = await readTextOrUndefined(join(directory, FILE));
  if (text === undefined) {
    await run(['umount', directory]);
    return `${device} has no file ${FILE}`;
  }
  return { name: `${FILE} on ${device}`, text, directory };
}
