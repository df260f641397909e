// One path of what a person has, whether it comes from a file tree or out of an .rpm.
import type { EntryType } from '../image/contents.ts';

/** A path with all that a package needs to know of it. */
export interface TreeEntry {
  /** Absolute, as it is in the source. */
  path: string;
  type: EntryType;
  /** Permission bits including setuid, setgid and sticky. */
  mode: number;
  /** Bytes, for files. */
  size: number;
  /** Seconds since 1970. */
  modified: number;
  /** For symbolic links. */
  target?: string | undefined;
  /** Where the content of a file is on this machine. */
  file?: string | undefined;
  /** Names the part of the source that brought it, for example `xapi-core-26.17.0-1`. */
  from: string;
  /** An .rpm says that the administrator may change it. */
  config?: boolean | undefined;
}

/** The directory that libraries of an architecture are in, as Debian calls it. */
const MULTIARCH: Readonly<Record<string, string>> = {
  amd64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};

/** What `{multiarch}` stands for in a split. */
export function multiarchOf(architecture: string): string {
  return MULTIARCH[architecture] ?? `${architecture}-linux-gnu`;
}
