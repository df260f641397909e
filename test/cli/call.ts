// Calls commands in this process, as the program does with the words of a command line.
import type { Command } from 'commander';
import type { Outcome, Runner } from '../../src/cli/session.ts';

/** What a command hands back. Errors of what is given: those of the command. */
export function caller(
  createCommand: (run: Runner) => Command,
): (...argv: string[]) => Promise<Outcome & { exitCode: number }> {
  return async (...argv) => {
    let outcome: Outcome | undefined;
    const run: Runner = async (_options, work) => {
      outcome = await work({
        signal: new AbortController().signal,
        json: false,
        verbose: false,
        show: () => Promise.reject(new Error('nothing is shown')),
      });
    };
    const command = createCommand(run).exitOverride();
    for (const inner of command.commands) inner.exitOverride();
    await command.parseAsync(argv, { from: 'user' });
    return { exitCode: 0, ...(outcome ?? { json: undefined, text: '' }) };
  };
}
