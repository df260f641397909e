// The support bundle: what somebody needs who was not there, and nothing that is secret.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { KronosError, formatError, systemCode } from '../common/error.ts';
import { withTemporaryDirectory } from '../common/files.ts';
import { run } from '../common/process.ts';
import { formatHostFile } from '../host/format.ts';
import type { Inventory } from '../host/inventory.ts';
import { formatInventory } from '../host/read-inventory.ts';
import type { HostFile } from '../host/schema/host-file.ts';
import { redactHostFile } from '../host/secret.ts';
import { describePlan } from './plan/describe.ts';
import type { InstallPlan } from './plan/plan.ts';

/** Where the bundle of a failed run lies. */
export const SUPPORT = '/run/kronos/support.tar.gz';

/** Name of the directory in the bundle. */
const ROOT = 'kronos-support';

/** Bytes of the end of a text that are taken. */
const TAIL = 1024 * 1024;

/** What is known of a run; what it did not come to is left out. */
export interface SupportFacts {
  version?: string | undefined;
  edition?: string | undefined;
  inventory?: Inventory | undefined;
  hostFile?: HostFile | undefined;
  plan?: InstallPlan | undefined;
  error?: unknown;
}

export interface SupportOptions {
  scrub: (text: string) => string;
  /** Root of the system that is looked at (default /). */
  root?: string;
  /** Runs a program (default run). */
  runs?: (argv: readonly string[]) => Promise<{ stdout: string }>;
}

/** Files of the running system, by their name in the bundle. */
const FILES: Readonly<Record<string, string>> = {
  'install.jsonl': 'run/kronos/install.jsonl',
  'cmdline.txt': 'proc/cmdline',
  'boot.txt': 'run/kronos/boot',
  'layers.txt': 'run/kronos/layers.list',
  'appliance.json': 'usr/lib/kronos/appliance.json',
  'mdstat.txt': 'proc/mdstat',
  'partitions.txt': 'proc/partitions',
};

const DISK_COLUMNS =
  'NAME,TYPE,SIZE,RO,TRAN,VENDOR,MODEL,SERIAL,WWN,LOG-SEC,FSTYPE,LABEL,PARTLABEL,MOUNTPOINTS';

/** Programs whose output says what state the machine is in. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  'lsblk.txt': ['lsblk', '--output', DISK_COLUMNS],
  'blkid.txt': ['blkid'],
  'mounts.txt': ['findmnt', '--ascii', '--notruncate'],
  'addresses.txt': ['ip', 'address'],
  'routes.txt': ['ip', 'route'],
  'pci.txt': ['lspci', '-nn'],
  'dmesg.txt': ['dmesg'],
  'journal.txt': ['journalctl', '--boot', '--no-pager', '--lines=5000', '--output=short-iso'],
};

/** Seconds; a disk that does not answer must not hold up the rest. */
const PATIENCE = 30;

/** The texts of a bundle by name, without secrets. What cannot be had says why in its place. */
export async function collectSupport(
  facts: SupportFacts,
  options: SupportOptions,
): Promise<Map<string, string>> {
  const { scrub, root = '/' } = options;
  const runs =
    options.runs ??
    ((argv: readonly string[]) => run(argv, { timeoutSeconds: PATIENCE, accept: [0, 2] }));
  const texts = new Map<string, string>();
  const add = (name: string, text: string | undefined): void => {
    if (text !== undefined) texts.set(name, scrub(text).slice(-TAIL));
  };
  const { inventory, hostFile, plan, error } = facts;
  add('versions.txt', describeVersions(facts));
  if (error !== undefined) add('error.txt', `${formatError(error)}\n`);
  add('inventory.json', inventory && formatInventory(inventory));
  add('plan.json', plan && `${JSON.stringify(plan, undefined, 2)}\n`);
  add('plan.txt', plan && describePlan(plan));
  add('host.yaml', hostFile && formatHostFile(redactHostFile(hostFile), 'Without its secrets.'));
  for (const [name, path] of Object.entries(FILES)) {
    const full = join(root, path);
    add(name, await attempt(() => readFile(full, 'utf8')));
  }
  await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, argv]) => {
      const text = await attempt(async () => (await runs(argv)).stdout);
      add(name, `${text}\n`);
    }),
  );
  return texts;
}

async function attempt(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KronosError) && systemCode(error) === undefined) throw error;
    return `not to be had: ${error instanceof Error ? error.message : String(error)}\n`;
  }
}

function describeVersions({ version, edition }: SupportFacts): string {
  return [
    `kronos   ${version ?? 'not known'}`,
    `edition  ${edition ?? 'not known'}`,
    `node     ${process.version}`,
    `kernel   ${release()}`,
    `time     ${new Date().toISOString()}`,
    '',
  ].join('\n');
}

/** Writes texts as a compressed tar archive, readable by its owner only. Errors: `io/support-bundle`. */
export async function writeSupport(
  file: string,
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  try {
    await withTemporaryDirectory(tmpdir(), (directory) => packSupport(file, texts, directory));
  } catch (error) {
    throw new KronosError('io/support-bundle', `writing the support bundle ${file} failed`, {
      hint: 'name a file in a directory that is there and has room',
      cause: error,
    });
  }
}

async function packSupport(
  file: string,
  texts: ReadonlyMap<string, string>,
  directory: string,
): Promise<void> {
  const inside = join(directory, ROOT);
  await mkdir(inside);
  for (const [name, text] of texts) await writeFile(join(inside, name), text);
  await writeFile(file, '', { mode: 0o600 });
  await run([
    ...['tar', '--create', '--gzip', '--file', file, '--directory', directory],
    ...['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=go=', ROOT],
  ]);
}
