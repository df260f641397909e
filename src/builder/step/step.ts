// A step of a build: named inputs in, a directory of files out, cached under the digest of the inputs.
import type { Progress } from '../../common/progress.ts';
import type { Sha256 } from '../../common/digest.ts';

export interface StepContext {
  /** Empty; everything that the step leaves here is its output. */
  directory: string;
  /** For intermediate files; removed afterwards. */
  scratch: string;
  progress: Progress;
  signal: AbortSignal;
}

export interface Step {
  /** Stable name, shown to people and used by `--explain`. */
  name: string;
  /** One phrase for the progress list. */
  title: string;
  /**
   * Everything that the output depends on, as plain data under names that mean something to a person
   * (`recipe base`, `lock: packages`, `epoch`). Files enter by digest, upstream steps by their key.
   */
  inputs: Readonly<Record<string, unknown>>;
  /** `import.meta.url` of the module that does the work: its code and all it imports enter the key. */
  module: string;
  run: (context: StepContext) => Promise<void>;
}

export interface StepResult {
  name: string;
  key: Sha256;
  /** The output directory in the cache; read-only by convention. */
  directory: string;
  reused: boolean;
  /** Why it ran or was reused: one line for `--explain`. */
  reason: string;
  seconds: number;
}
