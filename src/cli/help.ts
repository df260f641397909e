// The help of commands as text.
import type { Command } from 'commander';

/** What --help prints for a command and all below it. */
export function helpsOf(command: Command, called: string): { called: string; text: string }[] {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return [
    { called, text: text.trimEnd() },
    ...command.commands.flatMap((inner) => helpsOf(inner, `${called} ${inner.name()}`)),
  ];
}
