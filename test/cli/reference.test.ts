import { readFile } from 'node:fs/promises';
import test from 'ava';
import type { Command } from 'commander';
import { createProgram, SUB_COMMANDS } from '../../src/cli/program.ts';
import { describe, renderReference } from '../../src/cli/reference.ts';

const program = await createProgram(() => Promise.resolve(), {
  version: '0',
  load: SUB_COMMANDS.map((sub) => sub.name),
});

function all(command: Command, called: string): [string, Command][] {
  return [
    [called, command],
    ...command.commands.flatMap((inner) => all(inner, `${called} ${inner.name()}`)),
  ];
}

for (const [called, command] of all(program, 'kronos')) {
  test(`the help of ${called} fits 80 columns and shows an example that is real`, (t) => {
    const [, help = ''] = describe(command, called);
    for (const line of help.split('\n')) t.true(line.length <= 80, line);
    const examples = help.split('\n').filter((line) => line.startsWith('  $ kronos'));
    t.true(examples.length > 0);
    for (const example of examples) {
      for (const [flag] of example.matchAll(/(?<= )--[a-z-]+/g)) {
        const known = all(program, 'kronos')
          .filter(([name]) => example.includes(name))
          .flatMap(([, candidate]) => candidate.options.map(({ long }) => long));
        t.true([...known, '--help'].includes(flag), `${example}: ${flag}`);
      }
    }
  });
}

test('every sub-command has --json and is named by its summary', (t) => {
  for (const { name, summary } of SUB_COMMANDS) {
    const command = program.commands.find((candidate) => candidate.name() === name);
    t.is(command?.summary(), summary);
    const leaves = command?.commands.length === 0 ? [command] : (command?.commands ?? []);
    for (const leaf of leaves)
      t.true(
        leaf.options.some(({ long }) => long === '--json'),
        leaf.name(),
      );
  }
});

test('docs/cli.md is in step (npm run docs)', async (t) => {
  const path = new URL('../../../docs/cli.md', import.meta.url);
  t.is(await readFile(path, 'utf8'), await renderReference());
});
