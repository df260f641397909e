// What the parts of one run of `kronos repo make` share.
import type { Progress } from '../../common/progress.ts';
import type { Entry, SuiteChange } from './contents.ts';
import type { PackageFiles } from './inputs.ts';
import type { SigningKey } from './key.ts';

export interface MakeOptions {
  directory: string;
  files: PackageFiles;
  /** A key of the caller's keyring, as gpg knows it. */
  key: string;
  /** The suites that the packages are put into. */
  suites: readonly string[];
  /** Default is what the suite says already, or `Kronos`. */
  origin?: string | undefined;
  label?: string | undefined;
  /** SOURCE_DATE_EPOCH: the date of the indices instead of that of the newest package. */
  epoch?: number | undefined;
}

/** What became of one suite; packages by what a person calls them. */
export interface MadeSuite {
  kind: 'apt' | 'yum';
  suite: string;
  /** Date of the index, seconds since 1970. */
  date: number;
  added: string[];
  present: string[];
  kept: string[];
}

/** Origin and label where nobody says another. */
export const USUAL_NAME = 'Kronos';

/** All that a run works with. */
export interface Making {
  options: MakeOptions;
  key: SigningKey;
  /** What will be moved into the repository; all else that is made lies beside it. */
  out: string;
  scratch: string;
  progress: Progress;
  signal: AbortSignal | undefined;
}

/** The suites to be written: those that are named, or all where there is nothing to be added at all. */
export function suitesOf(
  kind: keyof PackageFiles,
  former: readonly { suite: string }[],
  { options }: Making,
): readonly string[] {
  const { files, suites } = options;
  if (files[kind].length > 0) return suites;
  return files.debs.length + files.rpms.length === 0 ? former.map(({ suite }) => suite) : [];
}

/** The change of a suite for whoever asked for it. */
export function describeChange(
  kind: MadeSuite['kind'],
  change: SuiteChange<Entry>,
  date: number,
): MadeSuite {
  const titles = (entries: readonly Entry[]) => entries.map(({ title }) => title).sort();
  const { suite, added, present, kept } = change;
  return { kind, suite, date, added: titles(added), present: titles(present), kept: titles(kept) };
}
