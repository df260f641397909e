// The apt half of a repository: packages are read, put into suites, and the suites written.
import type { AptSuite } from './apt-archive.ts';
import { writeAptSuite } from './apt-suite.ts';
import { changeSuites, indexDate, withoutRepeats, type Entry } from './contents.ts';
import { readDeb, stageDebs, type DebEntry, type DebFile } from './deb.ts';
import { describeChange, suitesOf, USUAL_NAME, type MadeSuite, type Making } from './making.ts';

/**
 * Writes the changed suites into `making.out`; `former` are those that are there.
 * Errors: `input/package-differs`, `verification/bad-deb`, `input/signing-key`, those of running the tools.
 */
export async function makeApt(former: readonly AptSuite[], making: Making): Promise<MadeSuite[]> {
  const { options, progress, signal, key, out } = making;
  const files: DebFile[] = [];
  for (const [index, file] of options.files.debs.entries()) {
    progress.note(`reading Debian packages ${index + 1}/${options.files.debs.length}`);
    files.push(await readDeb(file, signal));
  }
  const known = new Map(former.map((one) => [one.suite, one]));
  const entries = new Map(former.map((one) => [one.suite, one.entries]));
  const suites = suitesOf('debs', former, making);
  // Conflicts are told before anything is copied.
  changeSuites<Entry>(entries, withoutRepeats(files), suites);
  const staged = await stageDebs(files, out, signal);
  const dates = new Map(staged.map(({ title, date }) => [title, date]));
  const made: MadeSuite[] = [];
  for (const change of changeSuites<DebEntry>(entries, staged, suites)) {
    const before = known.get(change.suite);
    const date = indexDate({
      former: before?.date,
      packages: change.added.map(({ title }) => dates.get(title) ?? 0),
      epoch: options.epoch,
    });
    progress.note(`writing the apt suite ${change.suite}`);
    await writeAptSuite(
      {
        suite: change.suite,
        entries: change.entries,
        origin: options.origin ?? before?.origin ?? USUAL_NAME,
        label: options.label ?? before?.label ?? USUAL_NAME,
        date,
        key,
      },
      out,
      signal,
    );
    made.push(describeChange('apt', change, date));
  }
  return made;
}
