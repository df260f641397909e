import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { KronosError } from '../../src/common/error.ts';
import type { BootContext } from '../../src/firstboot/context.ts';
import { startBootReport } from '../../src/firstboot/report.ts';
import type { StepEvent } from '../../src/steps/event.ts';
import type { ReportMessage } from '../../src/steps/reporter.ts';
import { createScrubber } from '../../src/steps/scrub.ts';
import { temporaryDirectory } from '../temporary.ts';

function event(step: string, state: StepEvent['state'], message = step): StepEvent {
  return { time: '2026-11-01T10:00:00.000Z', stage: 'firstboot', step, state, percent: 1, message };
}

async function scene(t: Parameters<typeof temporaryDirectory>[0]) {
  const journal = join(await temporaryDirectory(t), 'journal');
  await writeFile(journal, '{"step":"network"}\n');
  const sent: ReportMessage[] = [];
  const context = {
    hostFile: { hostname: 'xen01', report: { url: 'https://reports.example.net/' } },
    installed: { version: '0.1.0', edition: 'debian-13' },
    secrets: { format: 'kronos-secrets', storage: {}, report: 'canary-token' },
  } as unknown as BootContext;
  const send = (text: string): Promise<void> => {
    sent.push(JSON.parse(text) as ReportMessage);
    return Promise.resolve();
  };
  const report = startBootReport({
    ...{ context, journal, scrub: createScrubber(['canary-token']), note: () => undefined },
    reporter: { send },
  });
  return { report, sent };
}

test('a host that starts as it was reports nothing', async (t) => {
  const { report, sent } = await scene(t);
  for (const step of ['cards', 'network']) {
    report.sink(event(step, 'started'));
    report.sink(event(step, 'skipped'));
  }
  await report.finish({});
  t.deepEqual(sent, []);
});

test('a run that did something reports all of it, and what failed', async (t) => {
  const { report, sent } = await scene(t);
  report.sink(event('cards', 'started'));
  report.sink(event('cards', 'skipped'));
  report.sink(event('network', 'started'));
  report.sink(event('network', 'failed', 'canary-token is wrong'));
  await report.finish({ error: new KronosError('host/network-silent', 'nobody answers') });
  const events = sent.flatMap((message) => message.events);
  t.deepEqual(
    events.map(({ step, state }) => `${step} ${state}`),
    ['cards started', 'cards skipped', 'network started', 'network failed'],
  );
  t.like(sent.at(-1)?.report, {
    ...{ result: 'failed', stage: 'firstboot', step: 'network' },
    ...{ facts: { version: '0.1.0', edition: 'debian-13' }, log: ['{"step":"network"}'] },
    error: { code: 'host/network-silent' },
  });
  t.notRegex(JSON.stringify(sent), /canary/);
});
