// The command `kronos`: the only place that reads the arguments of the process and decides its exit code.
import { readFileSync } from 'node:fs';
import {
  errorToJson,
  EXIT_CODES,
  exitCodeOf,
  formatError,
  KronosError,
  systemCode,
} from '../common/error.ts';
import { storageError } from '../common/storage-error.ts';
import { createProgram, isHelp, SUB_COMMANDS, usageError } from './program.ts';
import { createRunner } from './session.ts';

/** Consoles without a size, as serial lines are, would wrap after each character. */
function fixTerminalSize(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.columns ||= process.stderr.columns || 80;
    stream.rows ||= process.stderr.rows || 24;
    // A reader that went away (`kronos ... | head`) is no failure of the work.
    stream.on('error', (error) => {
      if (systemCode(error) !== 'EPIPE') throw error;
    });
  }
}

/** Turns signals into a cancellation: once to stop in good order, twice to stop at once. */
function catchSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(EXIT_CODES.interrupted);
    controller.abort(new KronosError('interrupted/signal', `stopped by ${signal}`));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  return controller.signal;
}

function readVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** The one that is called; packages have manual pages, so that making them takes all. */
function commandsToLoad(argv: readonly string[]): string[] {
  const called = argv.filter((word) => !word.startsWith('-')).slice(0, 1);
  return called[0] === 'package' ? SUB_COMMANDS.map(({ name }) => name) : called;
}

async function main(argv: readonly string[]): Promise<void> {
  fixTerminalSize();
  const signal = catchSignals();
  const run = createRunner(signal);
  const program = await createProgram(run, {
    version: readVersion(),
    load: commandsToLoad(argv),
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
  } catch (thrown) {
    if (isHelp(thrown)) return;
    // Children share our terminal and die of the same Ctrl-C; their failure is not the news.
    const error: unknown = signal.aborted
      ? signal.reason
      : storageError('', usageError(thrown, program, argv));
    process.exitCode = exitCodeOf(error);
    if (argv.includes('--json')) {
      process.stdout.write(`${JSON.stringify({ error: errorToJson(error) }, null, 2)}\n`);
    } else {
      process.stderr.write(`${formatError(error)}\n`);
    }
  }
}

await main(process.argv.slice(2));
