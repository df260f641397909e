// What a person has: file trees, .rpm files, or both.
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { KronosError, systemCode } from '../../common/error.ts';
import type { Progress } from '../../common/progress.ts';
import type { TreeEntry } from './entry.ts';
import { readTree } from './read-tree.ts';
import { checkRpms, readRpm, unpackRpm, type RpmPackage } from './rpm.ts';

/** A source as it was named: a directory that is a tree, or .rpm files. */
export interface NamedSource {
  trees: string[];
  rpms: string[];
}

/** How a tree is called in messages and in packages, which name no machine's directories. */
export const TREE = 'a file tree';

/**
 * Finds out what the named places are: a file ending in .rpm, a directory of .rpm files, or else a file tree.
 * Errors: `input/file-missing`, `input/component-source`.
 */
export async function findSources(places: readonly string[]): Promise<NamedSource> {
  const trees: string[] = [];
  const rpms: string[] = [];
  for (const place of places) {
    const path = resolve(place);
    if ((await statPlace(path)).isDirectory()) {
      const inside = (await readdir(path)).filter((name) => name.endsWith('.rpm')).sort();
      if (inside.length > 0) rpms.push(...inside.map((name) => join(path, name)));
      else trees.push(path);
    } else if (path.endsWith('.rpm')) rpms.push(path);
    else {
      throw new KronosError(
        'input/component-source',
        `${place} is neither a directory nor an .rpm file`,
        { hint: 'name the directory that "make install DESTDIR=..." filled, or .rpm files' },
      );
    }
  }
  return { trees, rpms: [...new Set(rpms)] };
}

async function statPlace(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const hint = systemCode(error) === 'ENOENT' ? 'there is no such file or directory' : undefined;
    throw new KronosError('input/file-missing', `reading ${path} failed`, { cause: error, hint });
  }
}

export interface OpenSource {
  entries: TreeEntry[];
  rpms: RpmPackage[];
}

/**
 * Reads all sources; the files of .rpm packages are unpacked below `scratch`.
 * Errors: those of checkRpms, readRpm and unpackRpm, `input/rpm-twice`.
 */
export async function readSources(
  { trees, rpms }: NamedSource,
  options: { keyring?: string | undefined; scratch: string; signal?: AbortSignal | undefined },
  progress: Progress,
): Promise<OpenSource> {
  const { scratch, signal } = options;
  const entries = trees.flatMap((tree) => readTree(tree, TREE));
  await checkRpms(rpms, options);
  const opened: RpmPackage[] = [];
  for (const [index, file] of rpms.entries()) {
    const content = join(scratch, `rpm-${String(index)}`);
    const rpm = await readRpm(file, content, signal);
    progress.note(`unpacking ${rpm.label}`);
    const twin = opened.find(({ name }) => name === rpm.name);
    if (twin !== undefined) {
      throw new KronosError(
        'input/rpm-twice',
        `${twin.label} and ${rpm.label} are the same package`,
        { hint: 'leave one of the two files out' },
      );
    }
    await unpackRpm(rpm, content, signal);
    opened.push(rpm);
    for (const entry of rpm.entries) entries.push(entry);
  }
  return { entries, rpms: opened };
}
