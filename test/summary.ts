// Counts what a test runner said in TAP, so that every way of testing ends in the same line.

export interface Summary {
  passed: number;
  failed: number;
  skipped: number;
}

/** Adds up the lines of a TAP stream as they come and keeps what was said about failures. */
export class TapReader {
  readonly summary: Summary = { passed: 0, failed: 0, skipped: 0 };
  /** Whether the stream came to its end: a runner that dies leaves its last line out. */
  finished = false;
  readonly #failure: (line: string) => void;
  /** Where in the words about a failure the stream is: before its details, or in them. */
  #place: 'head' | 'details' | undefined;

  constructor(failure: (line: string) => void) {
    this.#failure = failure;
  }

  /** Takes one line of the stream. */
  read(line: string): void {
    const result = /^(not )?ok \d+/.exec(line);
    if (result !== null) {
      const skipped = / # (skip|todo)\b/i.test(line);
      const failing = result[1] !== undefined && !skipped;
      if (skipped) this.summary.skipped += 1;
      else if (failing) this.summary.failed += 1;
      else this.summary.passed += 1;
      this.#place = failing ? 'head' : undefined;
    } else if (/^\d+\.\.\d+/.test(line)) {
      this.finished = true;
      this.#place = undefined;
    } else if (this.#place === 'head' && !isLog(line)) {
      this.#place = line === '  ---' ? 'details' : undefined;
    }
    if (this.#place === undefined) return;
    this.#failure(line);
    // What is in the details is indented further.
    if (line === '  ...') this.#place = undefined;
  }
}

/** What the test logged; it comes between its result and the details. Titles of hooks have one space only. */
function isLog(line: string): boolean {
  return line.startsWith('#   ');
}

/** The last line of every test run. */
export function formatSummary(summary: Pick<Summary, 'passed' | 'failed'>): string {
  return `${summary.passed} passed, ${summary.failed} failed`;
}
