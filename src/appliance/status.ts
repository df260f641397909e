// The program kronos-status: one screen that says what this host is and what to do next.
import { exitCodeOf, formatError } from '../common/error.ts';
import { gatherStatus } from './status-facts.ts';
import { HELP } from './status-help.ts';
import { renderStatus } from './status-screen.ts';

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return;
  }
  const facts = await gatherStatus(args.find((arg) => !arg.startsWith('-')));
  process.stdout.write(
    args.includes('--json') ? `${JSON.stringify(facts, undefined, 2)}\n` : renderStatus(facts),
  );
}

process.stdout.on('error', () => undefined);
main().catch((error: unknown) => {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = exitCodeOf(error);
});
