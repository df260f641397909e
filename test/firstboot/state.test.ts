import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { BootContext, BootStep } from '../../src/firstboot/context.ts';
import { issueText, writeIssue } from '../../src/firstboot/issue.ts';
import {
  advanceState,
  beginState,
  endState,
  readState,
  stateSink,
  writeState,
  type BootState,
} from '../../src/firstboot/state.ts';
import { describeState, summarizeState } from '../../src/firstboot/status.ts';
import type { StepEvent } from '../../src/steps/event.ts';
import { compareWithGolden } from '../golden.ts';
import { temporaryDirectory } from '../temporary.ts';

const STEPS = ['cards', 'network', 'storage-local', 'storage-images'].map((name): BootStep => ({
  ...{ name, title: `Work on ${name}`, weight: 1, apply: () => Promise.resolve() },
}));

const START = new Date('2026-11-01T10:00:00Z');

function begin(): BootState {
  return beginState(STEPS, {} as BootContext, START);
}

function event(step: string, state: StepEvent['state'], more: Partial<StepEvent> = {}): StepEvent {
  const time = '2026-11-01T10:00:05.000Z';
  return { time, stage: 'firstboot', step, state, percent: 0, message: `Work on ${step}`, ...more };
}

const TROUBLE = [
  event('cards', 'skipped'),
  event('network', 'started'),
  event('network', 'failed', {
    message:
      'error host/network-silent: the network was taken back: no answer from 10.0.0.1 within 60 s\n  hint: not repeated',
    code: 'host/network-silent',
    hint: 'mend network in /etc/kronos/host.yaml or the cabling, then: kronos-firstboot retry network',
  }),
  event('storage-local', 'finished'),
  event('storage-images', 'blocked', { message: 'Work on storage-images: waits for network' }),
];

test('the status says what is done, what waits, what failed and what helps', async (t) => {
  const states: [string, BootState][] = [
    ['before anything', begin()],
    [
      'waiting',
      [
        event('cards', 'finished'),
        event('network', 'started'),
        event('network', 'progress', { message: 'no answer from 10.0.0.1; waiting for 41 s more' }),
      ].reduce(advanceState, begin()),
    ],
    ['trouble', endState(TROUBLE.reduce(advanceState, begin()), START)],
    [
      'ready',
      endState(
        STEPS.map(({ name }) => event(name, 'finished')).reduce(advanceState, begin()),
        START,
      ),
    ],
  ];
  const text = states.map(
    ([name, state]) => `== ${name}: ${summarizeState(state)}\n${describeState(state)}`,
  );
  await compareWithGolden(t, import.meta.url, 'status.txt', text.join('\n'));
  for (const line of text.join('\n').split('\n')) t.true(line.length <= 80, line);
  t.is(summarizeState(undefined), 'First boot has not begun.');
});

test('the state is on the disk after every event, and survives what is half written', async (t) => {
  const path = join(await temporaryDirectory(t), 'kronos', 'firstboot.json');
  t.is(await readState(path), undefined);
  const { sink, current } = stateSink(begin(), (state) => {
    writeState(state, path);
  });
  for (const one of TROUBLE) {
    sink(one);
    t.deepEqual(await readState(path), JSON.parse(JSON.stringify(current())));
  }
  await writeFile(path, '{"format":"kronos-first');
  await t.throwsAsync(readState(path), { code: 'input/firstboot-state' });
});

test('what stands before the login is one line that agetty does not interpret', async (t) => {
  const path = join(await temporaryDirectory(t), 'issue.d', 'kronos.issue');
  const state = advanceState(
    begin(),
    event('network', 'progress', { message: String.raw`odd \n text` }),
  );
  writeIssue(state, path);
  t.is(await readFile(path, 'utf8'), issueText(state));
  t.is(issueText(state), 'First boot: odd \\\\n text\n\n');
});
