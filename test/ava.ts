// Runs ava and counts. A runner that dies without naming a failed test still counts as one failure.
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { followLines, start } from '../src/common/process.ts';
import { formatSeconds } from '../src/common/format.ts';
import { TapReader, type Summary } from './summary.ts';

export interface AvaOptions {
  /** Shown in front of the counts. */
  title: string;
  arguments: readonly string[];
  /** Print every test as it ends, not only the failed ones: for runs that take long. */
  follow?: boolean;
  /** Takes the lines (default: standard output). */
  print?: (line: string) => void;
}

/** Lines of standard error that a dead runner shows. */
const TAIL = 20;

/** Runs ava in the repository at `root` and prints what failed. */
export async function runAva(root: string, options: AvaOptions): Promise<Summary> {
  const started = performance.now();
  const { print = console.log } = options;
  const child = start(
    [
      process.execPath,
      ...['--import', pathToFileURL(join(import.meta.dirname, 'ava-errors.js')).href],
      join(root, 'node_modules/ava/entrypoints/cli.mjs'),
      '--tap',
      ...options.arguments,
    ],
    {
      cwd: root,
    },
  );
  const reader = new TapReader(print);
  const noise: string[] = [];
  followLines(child.stdout, (line) => {
    if (options.follow === true && /^ok \d+/.test(line)) print(line);
    reader.read(line);
  });
  followLines(child.stderr, (line) => {
    noise.push(line);
    if (options.follow === true) console.error(line);
  });
  const status = await child.done;
  const { summary } = reader;
  if (!reader.finished || (status !== 0 && summary.failed === 0)) {
    summary.failed += 1;
    print(`not ok - ${options.title}: the runner ended with status ${status}`);
    for (const line of noise.slice(-TAIL)) print(`    ${line}`);
  }
  const skipped = summary.skipped === 0 ? '' : `, ${summary.skipped} skipped`;
  const seconds = formatSeconds((performance.now() - started) / 1000);
  print(
    `${options.title}: ${summary.passed} passed, ${summary.failed} failed${skipped}  (${seconds})`,
  );
  return summary;
}
