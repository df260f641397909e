// docs/cli.md: the help of every sub-command as one page.
import type { Command } from 'commander';
import { helpsOf } from './help.ts';
import { createProgram, SUB_COMMANDS } from './program.ts';

/** The page, from the same definitions that parse the command line. */
export async function renderReference(): Promise<string> {
  const program = await createProgram(() => Promise.resolve(), {
    version: '0',
    load: SUB_COMMANDS.map((sub) => sub.name),
  });
  const parts = [
    '# The command line',
    'Made from the definitions of the commands by `npm run docs`; a test holds it in step with them.',
    "Every command ends with 0, or with the exit code of its error's class: see [errors.md](errors.md).",
    ...describe(program, 'kronos'),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A command and all below it, as parts of the page. */
export function describe(command: Command, called: string): string[] {
  return helpsOf(command, called).flatMap((help) => [
    `## ${help.called}`,
    `\`\`\`text\n${help.text}\n\`\`\``,
  ]);
}
