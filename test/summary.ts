// Counts what a test runner said in TAP, so that every way of testing ends in the same line.

export interface Summary {
  passed: number;
  failed: number;
  skipped: number;
}

/** Adds up the lines of a TAP stream as they come and keeps what was said about failures. */
export class TapReader {
  readonly summary: Summary = { passed: 0, failed: 0, skipped: 0 };
  readonly #failure: (line: string) => void;
  #failing = false;

  constructor(failure: (line: string) => void) {
    this.#failure = failure;
  }

  /** Takes one line of the stream. */
  read(line: string): void {
    const result = /^(not )?ok \d+/.exec(line);
    if (result !== null) {
      const skipped = / # (skip|todo)\b/i.test(line);
      this.#failing = result[1] !== undefined && !skipped;
      if (skipped) this.summary.skipped += 1;
      else if (this.#failing) this.summary.failed += 1;
      else this.summary.passed += 1;
    } else if (/^(\d+\.\.\d+|# |TAP version)/.test(line)) {
      this.#failing = false;
    }
    if (this.#failing) this.#failure(line);
  }
}

/** The last line of every test run. */
export function formatSummary(summary: Pick<Summary, 'passed' | 'failed'>): string {
  return `${summary.passed} passed, ${summary.failed} failed`;
}
