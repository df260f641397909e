// What `npm test` and `npm run test:vm` print of runs that go wrong, with the real runner and files of tests that fail.
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runAva } from './ava.ts';
import type { Summary } from './summary.ts';
import { temporaryDirectory } from './temporary.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Printed {
  summary: Summary;
  text: string;
}

async function runFile(t: ExecutionContext, lines: readonly string[]): Promise<Printed> {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const head = [
    "import test from 'ava';",
    "import { setTimeout as sleep } from 'node:timers/promises';",
  ];
  await writeFile(join(directory, 'some.test.js'), [...head, ...lines, ''].join('\n'));
  const printed: string[] = [];
  const summary = await runAva(directory, {
    ...{ title: 'some', follow: true, arguments: ['--timeout', '5s', 'some.test.js'] },
    print: (line) => printed.push(line),
  });
  return { summary, text: printed.join('\n') };
}

test('a failure is told with its details, also where the test logged something', async (t) => {
  const { summary, text } = await runFile(t, [
    "test.serial('good', (t) => { t.log('all is well'); t.pass(); });",
    "test.serial('quiet', (t) => { t.is('one', 'other one'); });",
    "test.serial('talking', (t) => { t.log('went there\\nand back'); t.is('this', 'other', 'why'); });",
    "test.serial('loud', () => { throw new Error('begun\\n# not a comment\\n1..3\\nok 7\\n  ...\\nended'); });",
    "test.after.always('tidy', (t) => { t.log('gone'); });",
  ]);
  t.deepEqual(summary, { passed: 1, failed: 3, skipped: 0 });
  t.regex(text, /^ok 1 - good$/m);
  t.notRegex(text, /all is well|gone/);
  t.regex(text, /quiet\n {2}---\n[^]*- 'one'\n +\+ 'other one'/);
  t.regex(text, /talking\n# {3}went there\n# {3}and back\n {2}---\n[^]*- 'this'[^]*message: why/);
  t.regex(text, /loud\n {2}---\n[^]*# not a comment[^]*ok 7[^]*ended[^]*\n {2}\.\.\./);
});

test('a failing hook and a file that cannot be loaded are told with their details', async (t) => {
  const hook = await runFile(t, [
    "test.before('prepare', (t) => { t.log('looking'); throw new Error('nothing there'); });",
    "test('never', (t) => { t.pass(); });",
  ]);
  t.is(hook.summary.failed, 1);
  t.regex(hook.text, /prepare\n# {3}looking\n {2}---\n[^]*nothing there/);
  const missing = await runFile(t, ["import './nowhere.js';"]);
  t.true(missing.summary.failed > 0);
  t.regex(missing.text, / {2}---\n[^]*Cannot find module/);
});

test('a test that takes too long or ends the process is named', async (t) => {
  const slow = await runFile(t, ["test('slow', async (t) => { await sleep(60_000); t.pass(); });"]);
  t.true(slow.summary.failed > 0);
  t.regex(slow.text, /not ok 1 - slow\n {2}---\n[^]*no new tests completed/);
  const leaving = await runFile(t, [
    "test('leaving', async (t) => { await sleep(1); process.exit(3); });",
  ]);
  t.true(leaving.summary.failed > 0);
  t.regex(leaving.text, /not ok 1 - leaving\n {2}---\n[^]*process\.exit/);
});

test('a runner that dies counts as a failure beside others, with what it said', async (t) => {
  const { summary, text } = await runFile(t, [
    "test.serial('bad', (t) => { t.fail(); });",
    // Tests run in threads of the runner.
    "test.serial('murder', async (t) => { await sleep(1000); process.kill(process.pid, 'SIGKILL'); await sleep(60_000); t.pass(); });",
  ]);
  t.is(summary.failed, 2);
  t.regex(text, /not ok 1 - bad/);
  t.regex(text, /not ok - some: the runner ended with status/);
});
