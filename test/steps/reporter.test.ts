// Reports to servers that work, that do not yet, that never will, and that are somebody else.
import test, { type ExecutionContext } from 'ava';
import { KronosError } from '../../src/common/error.ts';
import type { StepEvent } from '../../src/steps/event.ts';
import {
  createReporter,
  type Report,
  type ReporterOptions,
  type ReportMessage,
} from '../../src/steps/reporter.ts';
import { createScrubber } from '../../src/steps/scrub.ts';
import { keepMessages, makeCertificate, serve } from './servers.ts';

const TOKEN = 'canary-token';

const DONE: Report = {
  ...{ format: 'kronos-report', version: 1, result: 'ok', stage: 'install' },
  ...{ seconds: 60, facts: {}, log: [] },
};

function event(message: string, state: StepEvent['state'] = 'started'): StepEvent {
  return { time: '2026-01-01T00:00:00Z', stage: 'install', step: 's', state, percent: 1, message };
}

/** A reporter in a world in which time passes only in pauses, and what it told people. */
function makeReporter(t: ExecutionContext, options: Partial<ReporterOptions>) {
  const notes: string[] = [];
  let now = 0;
  let ended = false;
  t.teardown(() => (ended = true));
  const reporter = createReporter({
    ...{ url: 'http://127.0.0.1:9/', host: { hostname: 'xen01' }, token: TOKEN },
    scrub: createScrubber([TOKEN]),
    note: (text) => {
      t.notRegex(text, /canary/);
      notes.push(text);
    },
    clock: () => now,
    pause: async (milliseconds, signal) => {
      // The reporter of a failed test would try for ever.
      if (ended) return new Promise(() => undefined);
      if (signal === undefined) now += milliseconds;
      else await Promise.race([settle(), new Promise((done) => (signal.onabort = done))]);
    },
    ...options,
  });
  return { reporter, notes, passed: () => now };
}

/** Lets what is ready happen. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}

function numbersOf(messages: readonly { message: ReportMessage }[]): number[] {
  return messages.flatMap(({ message }) => message.events.map(({ number }) => number));
}

test('events come in batches and in order, the report last, each with the token', async (t) => {
  const waiting: (() => void)[] = [];
  const { received, answer } = keepMessages((response) => waiting.push(() => response.end()));
  const { url } = await serve(t, answer);
  const { reporter } = makeReporter(t, { url: `${url}/report?q=1` });
  for (let count = 1; count <= 5; count += 1) reporter.sink(event(`event ${count}`));
  await until(() => waiting.length === 1);
  for (let count = 6; count <= 9; count += 1) reporter.sink(event(`event ${count}`));
  waiting[0]?.();
  await until(() => waiting.length === 2);
  waiting[1]?.();
  await until(() => received.length === 2);
  reporter.sink(event('event 10'));
  const finished = reporter.finish(DONE);
  await until(() => waiting.length === 3);
  waiting[2]?.();
  await settle();
  waiting[3]?.();
  await until(() => received.length >= 3);
  for (const go of waiting) go();
  t.true(await finished);
  t.deepEqual(numbersOf(received), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.true(received.length <= 4, 'batches');
  t.deepEqual(received.at(-1)?.message.report, DONE);
  t.deepEqual(
    new Set(received.map(({ authorization }) => authorization)),
    new Set([`Bearer ${TOKEN}`]),
  );
  t.is(new Set(received.map(({ message }) => message.run)).size, 1);
  t.notRegex(received.map(({ text }) => text).join(''), /canary/);
});

test('over TLS the pinned certificate is enough', async (t) => {
  const certificate = await makeCertificate(t);
  const { received, answer } = keepMessages((response) => response.writeHead(204).end());
  const { url } = await serve(t, answer, { certificate });
  const { reporter, notes } = makeReporter(t, { url, fingerprint: certificate.fingerprint });
  reporter.sink(event('one'));
  t.true(await reporter.finish(DONE));
  t.deepEqual(numbersOf(received), [1]);
  t.deepEqual(notes, []);
});

test('another certificate is told nothing, and is not asked again and again', async (t) => {
  const certificate = await makeCertificate(t);
  const { received, answer } = keepMessages((response) => response.end());
  const { url } = await serve(t, answer, { certificate });
  const { reporter, notes, passed } = makeReporter(t, { url, fingerprint: '0a'.repeat(32) });
  reporter.sink(event('one'));
  await until(() => notes.length === 1);
  for (let count = 0; count < 20; count += 1) reporter.sink(event('more'));
  await settle();
  t.false(await reporter.finish(DONE));
  t.is(received.length, 0);
  t.is(passed(), 0);
  t.regex(notes[0] ?? '', /another certificate than the one that is pinned; only the result/);
  t.regex(notes[1] ?? '', /^the report was not delivered: .*another certificate/);
  t.is(notes.length, 2);
});

test('a certificate that nobody vouches for is refused without a pin', async (t) => {
  const certificate = await makeCertificate(t);
  const { received, answer } = keepMessages((response) => response.end());
  const { url } = await serve(t, answer, { certificate });
  const { reporter, notes } = makeReporter(t, { url });
  t.false(await reporter.finish(DONE));
  t.is(received.length, 0);
  t.regex(notes.at(-1) ?? '', /not delivered: .*self-signed certificate/);
});

test('a server that was away gets everything once it is back', async (t) => {
  const { received, answer } = keepMessages((response) => response.end());
  const { url, port, close } = await serve(t, answer);
  await close();
  const { reporter, notes } = makeReporter(t, { url });
  for (let count = 1; count <= 3; count += 1) reporter.sink(event(`event ${count}`));
  await until(() => notes.length === 1);
  t.regex(notes[0] ?? '', /ECONNREFUSED.*; trying again$/);
  reporter.sink(event('event 4'));
  await serve(t, answer, { port });
  await until(() => received.length > 0);
  t.true(await reporter.finish(DONE));
  t.deepEqual(numbersOf(received), [1, 2, 3, 4]);
  t.is(notes.length, 1, 'one outage is told once');
});

test('errors of the server are waited out', async (t) => {
  const { received, answer } = keepMessages((response, index) =>
    response.writeHead(index < 4 ? 500 : 200).end(),
  );
  const { url } = await serve(t, answer);
  const { reporter, notes } = makeReporter(t, { url });
  reporter.sink(event('one'));
  t.true(await reporter.finish(DONE));
  const last = received.at(-1)?.message;
  t.deepEqual([last?.events.map(({ number }) => number), last?.report], [[1], DONE]);
  t.regex(notes.join('\n'), /the server answered 500\); trying again for \d+ s/);
});

test('a server that dies in the middle gets the same again, by the same numbers', async (t) => {
  const { received, answer } = keepMessages((response, index) => {
    if (index === 0) response.socket?.destroy();
    else response.end();
  });
  const { url } = await serve(t, answer);
  const { reporter } = makeReporter(t, { url });
  reporter.sink(event('one'));
  await until(() => received.length >= 2);
  t.true(await reporter.finish(DONE));
  t.deepEqual(numbersOf(received), [1, 1]);
});

test('an acknowledgement counts, whatever comes behind it', async (t) => {
  const { received, answer } = keepMessages((response, index) => {
    response.writeHead(200, { 'content-length': '1000' });
    if (index === 0) response.write(Buffer.from([0xff, 0xfe]), () => response.socket?.destroy());
    else response.end(Buffer.alloc(1000, 0xff));
  });
  const { url } = await serve(t, answer);
  const { reporter, notes } = makeReporter(t, { url });
  reporter.sink(event('one'));
  await until(() => received.length === 1);
  await settle();
  t.true(await reporter.finish(DONE));
  t.deepEqual(numbersOf(received), [1]);
  t.deepEqual(notes, []);
});

test('after ten minutes the report is given up, and everybody can see it', async (t) => {
  let tries = 0;
  const { reporter, notes, passed } = makeReporter(t, {
    send: () => {
      tries += 1;
      const cause = new Error(`the token ${TOKEN} is not known`);
      return Promise.reject(new KronosError('io/fetch-failed', 'fetching it failed', { cause }));
    },
  });
  t.false(await reporter.finish(DONE));
  t.is(passed(), 600_000);
  t.true(tries > 15 && tries < 30);
  t.is(
    notes.at(-1),
    'the report was not delivered: fetching it failed (the token (removed) is not known)',
  );
  t.regex(notes[0] ?? '', /trying again for 600 s$/);
});

test('of what waits too long only the progress is forgotten', async (t) => {
  let away = true;
  const sent: ReportMessage[] = [];
  const { reporter } = makeReporter(t, {
    send: (text) => {
      if (away) return Promise.reject(new KronosError('io/fetch-failed', 'away'));
      sent.push(JSON.parse(text) as ReportMessage);
      return Promise.resolve();
    },
  });
  for (let count = 1; count <= 3000; count += 1)
    reporter.sink(event('e', count % 100 === 0 ? 'finished' : 'progress'));
  away = false;
  t.true(await reporter.finish(DONE));
  const numbers = numbersOf(sent.map((message) => ({ message })));
  t.true(numbers.length <= 501);
  t.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
  for (let count = 100; count <= 3000; count += 100) t.true(numbers.includes(count), `${count}`);
});

test('a pause of the background ends when the run does', async (t) => {
  const notes: string[] = [];
  let away = true;
  const reporter = createReporter({
    ...{ url: 'http://127.0.0.1:9/', host: {}, scrub: createScrubber([]) },
    note: (text) => notes.push(text),
    send: () => (away ? Promise.reject(new Error('away')) : Promise.resolve()),
  });
  reporter.sink(event('one'));
  await until(() => notes.length === 1);
  away = false;
  const started = performance.now();
  t.true(await reporter.finish(DONE));
  t.true(performance.now() - started < 900);
});
