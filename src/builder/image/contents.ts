// What is in a layer, path by path: the ground truth for the SBOM, `verify`, `diff` and `why`.
import type { Sha256 } from '../../common/digest.ts';

export type EntryType =
  'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket';

export interface Entry {
  /** Absolute path in the appliance, without trailing slash; the root itself is `/`. */
  path: string;
  type: EntryType;
  /** Permission bits including setuid, setgid and sticky. */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes, for files. */
  size?: number;
  sha256?: Sha256;
  /** For symbolic links. */
  target?: string;
  /** `package:NAME`, `recipe:NAME`, or `generated:PACKAGE`; directories may have none. */
  owner?: string;
}

/** One layer of the image. */
export interface Layer {
  /** File name without `.squashfs`, for example `packages`. */
  name: string;
  /** Bottom first. */
  order: number;
  /** Only on the medium, not on installed hosts. */
  live: boolean;
  entries: readonly Entry[];
}
