import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import test from 'ava';
import headless from '@xterm/headless';
import { createLiveDisplay } from '../../src/cli/output-live.ts';
import { createPlainDisplay } from '../../src/cli/output-plain.ts';
import { stepLine } from '../../src/cli/step-line.ts';
import type { BuildObserver } from '../../src/common/progress.ts';

const STEPS = [
  { name: 'tools', title: 'Unpack the tools' },
  { name: 'packages', title: 'Install 266 packages' },
  { name: 'iso', title: 'Write the ISO' },
];

/** Events as a build with two steps at once sends them. */
function play(observer: BuildObserver): void {
  observer.stepStarted('tools', 'Unpack the tools');
  observer.stepFinished('tools', {
    reused: true,
    seconds: 0,
    bytes: 41e6,
    reason: 'reused: no input changed',
  });
  observer.stepStarted('packages', 'Install 266 packages');
  observer.stepStarted('iso', 'Write the ISO');
  observer.stepNote('packages', 'configuring 40/266');
  observer.log('Setting up xen');
  observer.warn('the mirror is slow');
  observer.stepFinished('packages', {
    reused: false,
    seconds: 41.2,
    bytes: 188.2e6,
    reason: 'ran: epoch changed',
  });
  observer.stepFailed('iso', new Error('x'));
}

test('plain lines: one per event, with time and size, no escape sequences', (t) => {
  const stream = new PassThrough();
  const display = createPlainDisplay(
    stream,
    { title: 'Building', explain: true, verbose: true },
    () => 0,
  );
  play(display);
  display.close();
  t.is(
    String(stream.read()),
    [
      'Building',
      'start Unpack the tools',
      'done  Unpack the tools: reused, 41.0 MB, no input changed',
      'start Install 266 packages',
      'start Write the ISO',
      '      Setting up xen',
      'warning: the mirror is slow',
      'done  Install 266 packages: 41 s, 188.2 MB, epoch changed',
      'FAIL  Write the ISO: failed after 0.0 s',
      '',
    ].join('\n'),
  );
});

test('a line never grows beyond the terminal', (t) => {
  const step = {
    name: 'a',
    title: 'A',
    state: 'running' as const,
    started: 0,
    note: 'x'.repeat(200),
  };
  const line = stepLine(step, { now: 75_000, width: 60, titleWidth: 10 });
  t.is(line.length, 60);
  t.true(line.startsWith('A           1 min 15 s '));
});

test.serial('the live list shows running, waiting, reused and failed steps', async (t) => {
  const screen = new headless.Terminal({
    cols: 80,
    rows: 24,
    allowProposedApi: true,
    convertEol: true,
  });
  const terminal = Object.assign(new PassThrough(), { columns: 80, rows: 24, isTTY: true });
  const pending: Promise<void>[] = [];
  terminal.on('data', (chunk: Buffer) =>
    pending.push(new Promise((resolve) => screen.write(chunk, () => resolve()))),
  );
  const lines = async (): Promise<string[]> => {
    await new Promise((resolve) => setTimeout(resolve, 250));
    await Promise.all(pending);
    const { active } = screen.buffer;
    return Array.from(
      { length: active.length },
      (_, row) => active.getLine(row)?.translateToString(true) ?? '',
    )
      .map((line) => line.replace(/^[^A-Za-z!] /, '  '))
      .filter((line) => line.trim() !== '');
  };
  const display = await createLiveDisplay(terminal as unknown as WriteStream, {
    title: 'Building',
    steps: STEPS,
  });
  display.stepStarted('tools', 'Unpack the tools');
  display.stepNote('tools', '3/9 xorriso');
  const running = await lines();
  t.is(running[0], 'Building');
  t.regex(running[1] ?? '', /^ {2}Unpack the tools {14}\d\.\d s {8}3\/9 xorriso$/);
  t.deepEqual(running.slice(2), ['  Install 266 packages', '  Write the ISO']);
  play(display);
  display.close();
  display.close();
  const finished = await lines();
  t.is(finished[1], '  Unpack the tools              reused       41.0 MB');
  t.is(finished[2], '  Install 266 packages          41 s         188.2 MB');
  t.regex(finished[3] ?? '', /^ {2}Write the ISO {17}failed after \d\.\d s$/);
  t.is(finished[4], '! the mirror is slow');
  t.is(finished.length, 5);
});
