import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { KronosError } from '../../src/common/error.ts';
import type { BootContext } from '../../src/firstboot/context.ts';
import { listKept } from '../../src/firstboot/kept.ts';
import { resend, startBootReport, type BootReportOptions } from '../../src/firstboot/report.ts';
import { readSecrets } from '../../src/firstboot/secrets.ts';
import type { CarriedSecrets } from '../../src/host/carried-secrets.ts';
import type { StepEvent } from '../../src/steps/event.ts';
import type { ReportMessage } from '../../src/steps/reporter.ts';
import { createScrubber } from '../../src/steps/scrub.ts';
import { keepMessages, makeCertificate, serve, type Certificate } from '../steps/servers.ts';
import { temporaryDirectory } from '../temporary.ts';

function event(step: string, state: StepEvent['state'], message = step): StepEvent {
  return { time: '2026-11-01T10:00:00.000Z', stage: 'firstboot', step, state, percent: 1, message };
}

async function scene(t: Parameters<typeof temporaryDirectory>[0]) {
  const directory = await temporaryDirectory(t);
  const journal = join(directory, 'journal');
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
    ...{ reporter: { send }, kept: join(directory, 'reports') },
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

/** A host of a fleet, whose server may be away; no time passes while it is. */
async function makeHost(t: Parameters<typeof temporaryDirectory>[0], certificate: Certificate) {
  const directory = await temporaryDirectory(t);
  const path = (name: string): string => join(directory, name);
  const secrets: CarriedSecrets = {
    ...{ format: 'kronos-secrets', storage: {}, report: 'canary-token', reportUntil: 'ready' },
  };
  await writeFile(path('secrets.json'), JSON.stringify(secrets));
  await writeFile(path('journal'), '{"step":"network","message":"canary-token"}\n');
  const notes: string[] = [];
  let now = 0;
  const options = async (url: string, always = false): Promise<BootReportOptions> => ({
    context: {
      hostFile: {
        hostname: 'xen01',
        report: { url: `${url}/x`, fingerprint: certificate.fingerprint },
      },
      installed: { version: '0.1.0', edition: 'debian-13' },
      secrets: await readSecrets(path('secrets.json')),
    } as unknown as BootContext,
    ...{ journal: path('journal'), scrub: createScrubber(['canary-token']), always },
    ...{ kept: path('reports'), secretsFile: path('secrets.json') },
    note: (text) => notes.push(text),
    reporter: {
      clock: () => now,
      pause: async (milliseconds, signal) => {
        now += signal === undefined ? milliseconds : 0;
        await new Promise((resolve) => setTimeout(resolve, 2));
      },
    },
  });
  return { options, notes, path };
}

test('a report that nobody takes outlives the run, without secrets, and is sent before the next', async (t) => {
  const certificate = await makeCertificate(t);
  const gone = await serve(t, () => undefined, { certificate });
  await gone.close();
  const { options, path, notes } = await makeHost(t, certificate);
  const order: string[] = [];
  const first = startBootReport(await options(gone.url));
  first.sink(event('network', 'failed', 'canary-token is wrong'));
  const error = new KronosError('host/network-silent', 'canary-token');
  t.false(await first.finish({ error, whenKept: () => order.push('kept') }));
  t.deepEqual(order, ['kept']);
  const [name = ''] = await readdir(path('reports'));
  t.notRegex(await readFile(join(path('reports'), name), 'utf8'), /canary/);
  t.regex(notes.join('\n'), /the report was not delivered/);

  // The server is still away: the timer comes, and a run that did something.
  t.false(await resend(await options(gone.url)));
  const second = startBootReport(await options(gone.url));
  second.sink(event('network', 'finished'));
  t.false(await second.finish({ facts: { coordinator: { address: '10.0.0.1' } } }));
  t.is((await listKept(path('reports'))).length, 2);
  t.is((await readSecrets(path('secrets.json'))).report, 'canary-token');

  // It is back, and the host starts as it was.
  const { received, answer } = keepMessages((response) => response.writeHead(204).end());
  await serve(t, answer, { certificate, port: gone.port });
  const third = startBootReport(await options(gone.url));
  third.sink(event('network', 'skipped'));
  t.true(await third.finish({}));
  t.deepEqual(
    received.map(({ message }) => message.report?.result),
    ['failed', 'ok'],
  );
  t.deepEqual(received[1]?.message.report?.facts['coordinator'], { address: '10.0.0.1' });
  t.not(received[0]?.message.run, received[1]?.message.run);
  t.true(received.every(({ authorization }) => authorization === 'Bearer canary-token'));
  t.deepEqual(await listKept(path('reports')), []);

  // The fleet knows that the host is ready: the token is gone, and no more is said.
  const left = await readSecrets(path('secrets.json'));
  t.deepEqual(left, { format: 'kronos-secrets', storage: {}, reportUntil: 'ready' });
  const fourth = startBootReport(await options(gone.url));
  fourth.sink(event('network', 'failed'));
  t.true(await fourth.finish({ error }));
  t.is(received.length, 2);
});

test('what is later is not heard first, and one that is not wanted holds up nothing', async (t) => {
  const certificate = await makeCertificate(t);
  const gone = await serve(t, () => undefined, { certificate });
  await gone.close();
  const { options, path } = await makeHost(t, certificate);
  for (const step of ['first', 'second']) {
    const report = startBootReport(await options(gone.url));
    report.sink(event(step, 'finished'));
    t.false(await report.finish({ error: new KronosError('io/x', step) }));
  }
  const { received, answer } = keepMessages((response, index) =>
    response.writeHead(index === 0 ? 503 : index === 1 ? 400 : 204).end(),
  );
  await serve(t, answer, { certificate, port: gone.port });
  const report = startBootReport(await options(gone.url));
  report.sink(event('third', 'finished'));
  t.true(await report.finish({}));
  const heard = received.flatMap(({ message }) => message.events.map(({ step }) => step));
  t.deepEqual(heard.slice(0, 3), ['first', 'first', 'second']);
  t.true(heard.slice(3).every((step) => step === 'third'));
  t.deepEqual(await listKept(path('reports')), []);
});

test('after a run that did not come to its end the next one reports, whatever it does', async (t) => {
  const certificate = await makeCertificate(t);
  const { received, answer } = keepMessages((response) => response.end());
  const { url } = await serve(t, answer, { certificate });
  const { options } = await makeHost(t, certificate);
  const report = startBootReport(await options(url, true));
  report.sink(event('network', 'started'));
  report.sink(event('network', 'skipped'));
  t.true(await report.finish({}));
  t.is(received.at(-1)?.message.report?.result, 'ok');
});

test('of many reports the newest are kept, in their order', async (t) => {
  const certificate = await makeCertificate(t);
  const gone = await serve(t, () => undefined, { certificate });
  await gone.close();
  const { options, path } = await makeHost(t, certificate);
  for (let count = 1; count <= 23; count += 1) {
    const report = startBootReport(await options(gone.url));
    report.sink(event('x', 'finished'));
    await report.finish({});
  }
  const kept = await listKept(path('reports'));
  t.is(kept.length, 20);
  t.regex(kept[0] ?? '', /000004\.json$/);
  t.regex(kept.at(-1) ?? '', /000023\.json$/);
});
