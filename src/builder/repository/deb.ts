// Debian packages on their way into a repository: who they are, where they lie, and their paragraph in an index.
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import { digestFile } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { copyFileAtomic } from '../../common/files.ts';
import { run } from '../../common/process.ts';
import { readControl } from '../apt/local.ts';
import { parsePackages, type PackageRecord } from '../apt/packages.ts';
import { parseStanzas } from '../apt/stanzas.ts';
import { withoutRepeats, type Entry } from './contents.ts';

/** A Debian package of a suite. */
export interface DebEntry extends Entry {
  name: string;
  version: string;
  architecture: string;
  /** Its paragraph in the index. */
  text: string;
}

/** A package file that was read. */
export interface DebFile extends Entry {
  /** When it was built, in seconds since 1970; 0 where it does not say. */
  date: number;
}

/** Names become paths, so nothing else than Debian's policy allows gets in (5.6.1, 5.6.12). */
const CONTROL = z.object({
  package: z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/),
  version: z.string().regex(/^(?:\d+:)?[0-9][A-Za-z0-9.+~-]*$/),
  architecture: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  source: z
    .string()
    .regex(/^[a-z0-9][a-z0-9+.-]+(?: \(.*\))?$/)
    .optional(),
});

/** The path of a package below the repository, as Debian's own archive lays it out. */
export function poolPath(control: {
  name: string;
  version: string;
  architecture: string;
  source: string;
}): string {
  const { name, version, architecture, source } = control;
  const prefix = source.startsWith('lib') ? source.slice(0, 4) : source.slice(0, 1);
  const file = `${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`;
  return `pool/main/${prefix}/${source}/${file}`;
}

/** What a person calls a Debian package. */
export function debTitle(of: { name: string; version: string; architecture: string }): string {
  return `${of.name} ${of.version} ${of.architecture}`;
}

/** Reads a package file. Errors: `verification/bad-deb`, those of node:fs. */
export async function readDeb(file: string, signal?: AbortSignal): Promise<DebFile> {
  const [stanza] = parseStanzas(await readControl(file, signal));
  const control = CONTROL.safeParse(Object.fromEntries(stanza ?? []));
  if (!control.success) {
    const field = String(control.error.issues[0]?.path[0] ?? 'control');
    throw new KronosError(
      'verification/bad-deb',
      `${file} is not a whole Debian package: its field ${field} is not as Debian's policy has it`,
      { hint: 'fetch or build the file again' },
    );
  }
  const { package: name, version, architecture } = control.data;
  const source = (control.data.source ?? name).replace(/ .*/, '');
  return {
    title: debTitle({ name, version, architecture }),
    path: poolPath({ name, version, architecture, source }),
    sha256: await digestFile(file),
    date: await readDate(file),
    file,
  };
}

/** The time of the first member of the archive: what dpkg-deb was told to be the time of building. */
async function readDate(file: string): Promise<number> {
  const handle = await open(file, 'r');
  try {
    const field = Buffer.alloc(12);
    await handle.read(field, 0, 12, 24);
    const date = Number(field.toString('latin1').trim());
    return Number.isSafeInteger(date) && date > 0 ? date : 0;
  } finally {
    await handle.close();
  }
}

/** Only the digest that counts; the others are old, or longer than they are of use. */
export const SHA256_ONLY: readonly string[] = ['MD5', 'SHA1', 'SHA512'].flatMap((name) => [
  '-o',
  `APT::FTPArchive::${name}=false`,
]);

/**
 * Copies packages into `staging`, each where the repository will have it, and has apt-ftparchive write their paragraphs.
 * Errors: `input/package-differs`, `verification/bad-deb`, those of copying.
 */
export async function stageDebs(
  files: readonly DebFile[],
  staging: string,
  signal?: AbortSignal,
): Promise<(DebEntry & DebFile)[]> {
  const distinct = withoutRepeats(files);
  if (distinct.length === 0) return [];
  for (const { file, path } of distinct) {
    await mkdir(dirname(join(staging, path)), { recursive: true });
    await copyFileAtomic(file, join(staging, path));
  }
  const { stdout } = await run(['apt-ftparchive', ...SHA256_ONLY, 'packages', 'pool'], {
    cwd: staging,
    signal,
  });
  const records = new Map(parsePackages(stdout, '').map((record) => [record.path, record]));
  return distinct.map((one) => {
    const record = records.get(one.path);
    // Between reading and copying the file may have become another one.
    if (record?.sha256 !== one.sha256) {
      throw new KronosError('verification/bad-deb', `${one.file} changed while it was read`, {
        hint: 'run the command again when the file is finished',
      });
    }
    return { ...debEntry(record, join(staging, one.path)), date: one.date };
  });
}

/** An index's record as an entry. */
export function debEntry(record: PackageRecord, file: string): DebEntry {
  const { name, version, architecture, path, sha256, text } = record;
  return { title: debTitle(record), path, sha256, file, name, version, architecture, text };
}
