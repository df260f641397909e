// A directory of .deb files as an apt source: Kronos writes the index, nothing is copied.
import { open, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { digestData, digestFile, digestOf } from '../../common/digest.ts';
import { KronosError, systemCode } from '../../common/error.ts';
import { writeFileAtomic } from '../../common/files.ts';
import { CommandError, run } from '../../common/process.ts';
import type { AptSource } from './sources.ts';

/** Magic of an ar archive, which every .deb is. */
const AR_MAGIC = '!<arch>\n';

/** The control paragraph of a .deb. Errors: `verification/bad-deb` naming the file. */
export async function readControl(path: string, signal?: AbortSignal): Promise<string> {
  const refuse = (why: string) =>
    new KronosError('verification/bad-deb', `${path} is not a whole Debian package: ${why}`, {
      hint: 'fetch or build the file again',
    });
  const handle = await open(path, 'r');
  try {
    const head = Buffer.alloc(AR_MAGIC.length);
    await handle.read(head, 0, head.length, 0);
    if (head.toString('latin1') !== AR_MAGIC) throw refuse('it does not start like one');
  } finally {
    await handle.close();
  }
  await checkArMembers(path, refuse);
  try {
    const { stdout } = await run(['dpkg-deb', '--field', path], { signal });
    return stdout.trim();
  } catch (error) {
    if (error instanceof CommandError) throw refuse(error.stderr.split('\n')[0] ?? '');
    throw error;
  }
}

/** dpkg-deb --field reads only the first part of a file; a cut in the rest shows in the sizes of the members. */
async function checkArMembers(path: string, refuse: (why: string) => KronosError): Promise<void> {
  const { size } = await stat(path);
  const handle = await open(path, 'r');
  try {
    const names: string[] = [];
    const header = Buffer.alloc(60);
    for (let offset = AR_MAGIC.length; offset < size;) {
      const { bytesRead } = await handle.read(header, 0, 60, offset);
      const length = Number(header.toString('latin1', 48, 58).trim());
      if (
        bytesRead < 60 ||
        header.toString('latin1', 58, 60) !== '`\n' ||
        !Number.isInteger(length)
      ) {
        throw refuse(`the member at byte ${offset} has no header`);
      }
      names.push(header.toString('latin1', 0, 16).trim().replace(/\/$/, ''));
      if (offset + 60 + length > size)
        throw refuse(`it ends in the middle of ${names.at(-1) ?? ''}`);
      offset += 60 + length + (length % 2);
    }
    if (!names.some((name) => name.startsWith('data.tar'))) throw refuse('it has no data.tar');
  } finally {
    await handle.close();
  }
}

/** One .deb with what an index says of it. */
export interface LocalDeb {
  /** File name, as the index has it. */
  name: string;
  /** Absolute path. */
  path: string;
  control: string;
  /** Bytes. */
  size: number;
  sha256: string;
}

/** Reads the .deb files of a directory, sorted by name. Errors: `input/no-packages`, `verification/bad-deb`. */
export async function readDebDirectory(
  directory: string,
  signal?: AbortSignal,
): Promise<LocalDeb[]> {
  let names: string[];
  try {
    names = (await readdir(directory)).filter((name) => name.endsWith('.deb')).sort();
  } catch (error) {
    throw new KronosError('input/file-missing', `reading the packages in ${directory} failed`, {
      cause: error,
      hint: systemCode(error) === 'ENOENT' ? 'there is no such directory' : undefined,
    });
  }
  if (names.length === 0) {
    throw new KronosError('input/no-packages', `there is no .deb file in ${directory}`, {
      hint: 'name the directory that holds the packages themselves',
    });
  }
  const debs: LocalDeb[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const control = await readControl(path, signal);
    debs.push({
      name,
      path,
      control,
      size: (await stat(path)).size,
      sha256: await digestFile(path),
    });
  }
  return debs;
}

/**
 * Writes a flat, local repository that lists the .deb files; returns it as a source for apt. The repository's place is
 * named after its content, so the same files give the same source.
 */
export async function makeLocalSource(
  name: string,
  debs: readonly LocalDeb[],
  cache: string,
): Promise<AptSource> {
  const packages = debs
    .map(
      (deb) =>
        `${deb.control}\nFilename: ${deb.name}\nSize: ${deb.size}\nSHA256: ${deb.sha256}\n\n`,
    )
    .join('');
  const directory = resolve(cache, 'apt', `local-${digestData([name, packages]).slice(0, 16)}`);
  // The Release file only saves apt from guessing at compressions; trust comes from the files being ours.
  const release = `Suite: ${name}\nSHA256:\n ${digestOf(packages)} ${Buffer.byteLength(packages)} Packages\n`;
  await writeFileAtomic(join(directory, 'Packages'), packages);
  await writeFileAtomic(join(directory, 'Release'), release);
  return { name, uri: `file:${encodeURI(directory)}`, suite: './', components: [], trusted: true };
}
