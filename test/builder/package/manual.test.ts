import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { commandNames, longOptions, parseHelp } from '../../../src/builder/package/help.ts';
import {
  renderCompletion,
  renderManual,
  type Manual,
} from '../../../src/builder/package/manual.ts';
import { run } from '../../../src/common/process.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { compareWithGolden } from '../../golden.ts';
import { ourManuals } from './input.ts';

const MANUALS = await ourManuals();

const HELP = `Usage: tool COMMAND [options]

Does one thing
and another.

Commands:
  go WHERE        goes there, and says
                  what it saw

  --json          as JSON
  -o, --out <DIR>
                  where
Examples:
  tool go --out 'a\\b'
`;

test('a help is taken apart', (t) => {
  const help = parseHelp(HELP.replace('Examples:', '\nExamples:'));
  t.deepEqual(help.usage, ['tool COMMAND [options]']);
  t.deepEqual(help.paragraphs, ['Does one thing and another.']);
  t.deepEqual(commandNames(help), ['go']);
  t.deepEqual(longOptions(help), ['--json', '--out']);
  t.deepEqual(
    help.sections.map(({ title, items }) => [title, ...items.map(({ text }) => text)]),
    [
      ['Commands', 'goes there, and says what it saw'],
      ['Options', 'as JSON', 'where'],
      ['Examples'],
    ],
  );
});

test('a page and a completion', async (t) => {
  const text = HELP.replace('Examples:', '\nExamples:');
  const manual: Manual = {
    ...{ program: 'tool', section: 8, summary: 'do one thing', related: ['kronos(1)'] },
    helps: [
      { called: 'tool', text },
      {
        called: 'tool go',
        text: 'Usage: tool go [options]\n\nGoes.\n\nOptions:\n  --far  further\n',
      },
    ],
  };
  await compareWithGolden(t, import.meta.url, 'tool.8', renderManual(manual, '1.2.3', 0));
  await compareWithGolden(t, import.meta.url, 'tool.completion', renderCompletion(manual));
});

test('every command and option of our programs is in its page', (t) => {
  for (const manual of MANUALS) {
    const page = renderManual(manual, '1', 0).replaceAll('\\-', '-');
    for (const { called, text } of manual.helps) {
      const help = parseHelp(text);
      t.true(help.usage.length === 1 && help.paragraphs.length > 0, called);
      for (const word of [...longOptions(help), ...commandNames(help)])
        t.true(page.includes(word), `${called} ${word}`);
    }
  }
});

test('bash completes sub-commands and options', async (t) => {
  const directory = await temporaryDirectory(t);
  for (const manual of MANUALS)
    await writeFile(join(directory, manual.program), renderCompletion(manual));
  const complete = async (...words: string[]): Promise<string[]> => {
    const [program = ''] = words;
    const script =
      'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_${1//-/_}"; printf "%s\\n" "${COMPREPLY[@]}"';
    const { stdout } = await run([
      'bash',
      '-c',
      script,
      'bash',
      join(directory, program),
      ...words,
    ]);
    return stdout.split('\n');
  };
  t.deepEqual(await complete('kronos', 'pac'), ['package']);
  t.deepEqual(await complete('kronos', 'package', ''), ['deb', 'rpm', 'component']);
  t.deepEqual(await complete('kronos', 'package', 'deb', '--o'), ['--out', '--only']);
  t.true((await complete('kronos', 'host', 'n')).includes('new'));
  t.true((await complete('kronos-firstboot', 'pr')).includes('preflight'));
  t.true((await complete('kronos-install', '--un')).includes('--unattended'));
});
