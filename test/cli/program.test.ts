import test from 'ava';
import { formatError } from '../../src/common/error.ts';
import { createProgram, isHelp, usageError } from '../../src/cli/program.ts';

async function parse(argv: readonly string[]): Promise<{ error: unknown; printed: string }> {
  let printed = '';
  const program = await createProgram(() => Promise.resolve(), {
    version: '1.2.3',
    load: argv.slice(0, 1),
    write: (text) => (printed += text),
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return { error: undefined, printed };
  } catch (error) {
    return { error: isHelp(error) ? undefined : usageError(error, program, argv), printed };
  }
}

const MISTAKES: readonly [string, string][] = [
  [
    'docter',
    'error input/unknown-command: kronos has no command docter\n  hint: did you mean doctor?',
  ],
  [
    'frobnicate',
    'error input/unknown-command: kronos has no command frobnicate\n  hint: kronos --help lists the commands',
  ],
  [
    'doctor --jsn',
    'error input/unknown-option: kronos doctor has no option --jsn\n  hint: did you mean --json?',
  ],
  [
    'doctor --cahce=x',
    'error input/unknown-option: kronos doctor has no option --cahce\n  hint: did you mean --cache?',
  ],
  [
    'doctor -x',
    'error input/unknown-option: kronos doctor has no option -x\n  hint: see kronos doctor --help',
  ],
  ['--jsn', 'error input/unknown-option: kronos has no option --jsn\n  hint: see kronos --help'],
];

for (const [line, expected] of MISTAKES) {
  test(`kronos ${line}`, async (t) => {
    const { error, printed } = await parse(line.split(' '));
    t.is(formatError(error), expected);
    t.is(printed, '');
  });
}

test('an option without its value and a word too many are usage errors', async (t) => {
  t.regex(
    formatError((await parse(['doctor', '--cache'])).error),
    /^error input\/missing-argument: /,
  );
  t.regex(formatError((await parse(['doctor', 'x'])).error), /^error input\/too-many-arguments: /);
});

test('help and version are no errors', async (t) => {
  t.deepEqual(await parse(['--version']), { error: undefined, printed: '1.2.3\n' });
  const { error, printed } = await parse(['doctor', '--help']);
  t.is(error, undefined);
  t.regex(printed, /^Usage: kronos doctor /);
});
