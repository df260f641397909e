// The yum half of a repository: packages are read, signed, put into suites, and the suites written.
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { copyFileAtomic } from '../../common/files.ts';
import { changeSuites, indexDate, withoutRepeats } from './contents.ts';
import { describeChange, suitesOf, type MadeSuite, type Making } from './making.ts';
import { isSameRpm, readRpm, signRpm, type RpmFile } from './rpm.ts';
import type { RpmEntry, YumSuite } from './yum-archive.ts';
import { writeYumSuite } from './yum-suite.ts';

/**
 * Writes the changed suites into `making.out`; `former` are those that are there.
 * Errors: `input/package-differs`, `verification/bad-rpm`, `input/signing-key`, those of running the tools.
 */
export async function makeYum(former: readonly YumSuite[], making: Making): Promise<MadeSuite[]> {
  const { options, progress, signal, key, out } = making;
  const files: RpmFile[] = [];
  for (const [index, file] of options.files.rpms.entries()) {
    progress.note(`reading RPM packages ${index + 1}/${options.files.rpms.length}`);
    files.push(await readRpm(file, signal));
  }
  const entries = new Map(former.map((one) => [one.suite, one.entries]));
  const known = new Map([...entries.values()].flat().map((entry) => [entry.title, entry]));
  const incoming: RpmEntry[] = [];
  for (const file of distinctRpms(files)) incoming.push(await settle(file, known, signal));
  const dates = new Map(former.map(({ suite, date }) => [suite, date]));
  const signed = new Map<string, RpmEntry>();
  const made: MadeSuite[] = [];
  const suites = suitesOf('rpms', former, making);
  for (const change of changeSuites<RpmEntry>(entries, incoming, suites)) {
    for (const entry of change.added) {
      // What another suite has is signed already.
      if (known.has(entry.title) || signed.has(entry.title)) continue;
      signed.set(entry.title, await signEntry(entry, making));
    }
    const date = indexDate({
      former: dates.get(change.suite),
      packages: change.added.map((entry) => entry.date),
      epoch: options.epoch,
    });
    progress.note(`writing the yum suite ${change.suite}`);
    const all = change.entries.map((entry) => signed.get(entry.title) ?? entry);
    await writeYumSuite({ suite: change.suite, entries: all, date, key }, out, signal);
    made.push(describeChange('yum', change, date));
  }
  return made;
}

/** Each package once, whoever signed the files. Errors: `input/package-differs`. */
function distinctRpms(files: readonly RpmFile[]): RpmFile[] {
  const unsigned = files.map((file) => ({ ...file, sha256: file.content ?? file.sha256 }));
  const kept = new Set(withoutRepeats(unsigned).map(({ file }) => file));
  return files.filter(({ file }) => kept.has(file));
}

/** The signed package that the repository has already, where it is the same. */
async function settle(
  file: RpmFile,
  known: ReadonlyMap<string, RpmEntry>,
  signal: AbortSignal | undefined,
): Promise<RpmEntry> {
  const there = known.get(file.title);
  if (there === undefined) return file;
  return isSameRpm(await readRpm(there.file, signal), file) ? there : file;
}

/** A signed copy; the caller's file stays as it is. */
async function signEntry(entry: RpmEntry, making: Making): Promise<RpmEntry> {
  const { key, scratch, progress, signal } = making;
  progress.note(`signing ${entry.title}`);
  const file = join(scratch, entry.path);
  await copyFileAtomic(entry.file, file);
  await chmod(file, 0o644);
  await signRpm(file, key, Math.max(entry.date, key.created), signal);
  return { ...entry, file };
}
