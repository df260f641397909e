// docs/cli.md: the help of every sub-command as one page.
import type { Command } from 'commander';
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

/** A command and all below it. */
export function describe(command: Command, called: string): string[] {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return [
    `## ${called}`,
    `\`\`\`text\n${help.trimEnd()}\n\`\`\``,
    ...command.commands.flatMap((inner) => describe(inner, `${called} ${inner.name()}`)),
  ];
}
