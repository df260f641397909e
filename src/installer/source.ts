// Where the host file comes from: every place is looked at in one order, and each that was not taken says why.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { exists, readTextOrUndefined } from '../common/files.ts';
import { run } from '../common/process.ts';
import { parseHostArea } from '../host/area.ts';
import { fetchText } from '../host/fetch.ts';
import { readText } from '../host/read.ts';
import type { Facts } from '../host/variables.ts';

/** A host file before it is read. */
export interface FoundHostFile {
  /** What messages call it: a path or a URL without secrets. */
  name: string;
  text: string;
  /** Where files beside it are. */
  directory?: string | undefined;
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
}

export interface FindOptions {
  /** From the command line. */
  file?: string | undefined;
  /** Words of the kernel command line. */
  kernelArguments: readonly string[];
  facts: Facts;
  /** Where the initrd left the area of the medium. */
  area: string;
  signal: AbortSignal;
  note: (text: string) => void;
}

/** File system label of a stick that carries a host file, and the file's name. */
const LABEL = 'KRONOS';
const FILE = 'host.yaml';

/** Seconds for which a server is asked again: the network of the machine may still be coming up. */
const FETCH_SECONDS = 300;

/**
 * The first host file in the order command line, kernel argument `kronos.host=URL`, medium, partition labelled KRONOS.
 * One that was named but cannot be had is an error, not a reason to go on with another.
 * Errors: those of reading and fetching.
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
    return { found: result, attempts };
  }
  return { attempts };
}

type Look = () => Promise<FoundHostFile | string>;

function placesOf(options: FindOptions): [string, Look][] {
  return [
    ['command line', () => fromFile(options.file)],
    ['kernel argument kronos.host=', () => fromUrl(options)],
    ['embedded in the medium', () => fromArea(options.area)],
    [`partition labelled ${LABEL}`, fromPartition],
  ];
}

async function fromFile(file: string | undefined): Promise<FoundHostFile | string> {
  if (file === undefined) return 'no file was named';
  return { name: file, text: await readText(file), directory: join(file, '..') };
}

async function fromUrl(options: FindOptions): Promise<FoundHostFile | string> {
  const setting = (name: string): string | undefined =>
    options.kernelArguments.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const pattern = setting('kronos.host');
  if (pattern === undefined || pattern === '') return 'not given';
  const url = fillUrl(pattern, options.facts);
  const fingerprint = setting('kronos.host.sha256');
  const text = await fetchPatiently(url, fingerprint, options);
  return { name: url.replace(/\/\/[^/@]*@/, '//'), text };
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
    return encodeURIComponent(value);
  });
}

async function fetchPatiently(
  url: string,
  fingerprint: string | undefined,
  { signal, note }: FindOptions,
): Promise<string> {
  const until = performance.now() + FETCH_SECONDS * 1000;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchText(url, { fingerprint, signal });
    } catch (error) {
      const final = !(error instanceof KronosError) || error.code !== 'io/fetch-failed';
      if (final || signal.aborted || performance.now() > until) throw error;
      const wait = Math.min(30, 2 ** attempt);
      note(`${error.message}; trying again in ${wait} s`);
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}

async function fromArea(area: string): Promise<FoundHostFile | string> {
  if (!(await exists(area))) return 'this system was not started from a medium';
  const text = parseHostArea(await readFile(area));
  return text === undefined ? 'the area is empty' : { name: 'host file of the medium', text };
}

/** Device of the file system labelled KRONOS, if one is plugged in. */
export async function findStick(): Promise<string | undefined> {
  const { stdout } = await run(['lsblk', '--json', '--paths', '--output', 'PATH,LABEL']);
  const { blockdevices } = JSON.parse(stdout) as { blockdevices: Labelled[] };
  return findLabelled(blockdevices);
}

async function fromPartition(): Promise<FoundHostFile | string> {
  const device = await findStick();
  if (device === undefined) return 'there is none';
  const directory = '/run/kronos/stick';
  await mkdir(directory, { recursive: true });
  await run(['mount', '-o', 'ro,nosuid,nodev,noexec', device, directory]);
  const text = await readTextOrUndefined(join(directory, FILE));
  if (text === undefined) {
    await run(['umount', directory]);
    return `${device} has no file ${FILE}`;
  }
  return { name: `${FILE} on ${device}`, text, directory };
}

interface Labelled {
  path: string;
  label: string | null;
  children?: Labelled[];
}

function findLabelled(devices: readonly Labelled[]): string | undefined {
  for (const device of devices) {
    if (device.label?.toUpperCase() === LABEL) return device.path;
    const inside = findLabelled(device.children ?? []);
    if (inside !== undefined) return inside;
  }
  return undefined;
}
