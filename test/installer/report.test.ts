// What an operator far away learns of an installation.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { KronosError, KronosErrors } from '../../src/common/error.ts';
import { parseHostFile } from '../../src/host/read.ts';
import { startReport, type ReportSubject } from '../../src/installer/report.ts';
import { createScrubber } from '../../src/steps/scrub.ts';
import { keepMessages, makeCertificate, serve } from '../steps/servers.ts';
import { temporaryDirectory } from '../temporary.ts';

async function makeSubject(
  t: ExecutionContext,
  report: string,
): Promise<ReportSubject & { notes: string[] }> {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'token'), 'canary-token\n');
  const text = `version: 1
hostname: xen01
disks: { system: { match: {} } }
network: { management: { interface: { match: {} } } }
${report}`;
  const { hostFile } = await parseHostFile(text, 'host.yaml');
  const notes: string[] = [];
  return {
    ...{ hostFile, facts: { serial: 'S1' }, version: '1.2.3', scrub: createScrubber([]), notes },
    ...{ secrets: { directory }, journal: join(directory, 'journal') },
    note: (line) => notes.push(line),
  };
}

test('a run that failed is told with code, message, hint, step and the end of the journal', async (t) => {
  const { received, answer } = keepMessages((response) => response.end());
  const certificate = await makeCertificate(t);
  const { url } = await serve(t, answer, { certificate });
  const address = `${url.replace('//', '//anna:pw@')}/r?q=1`;
  const pin = certificate.fingerprint;
  const subject = await makeSubject(
    t,
    `report: { url: "${address}", fingerprint: "${pin}", token: { file: token } }`,
  );
  const lines = Array.from({ length: 100 }, (_, count) => `{"message":"canary-token ${count}"}`);
  await writeFile(subject.journal ?? '', `${lines.join('\n')}\n`);
  const report = await startReport(subject);
  const error = new KronosError('host/hook-failed', 'the hook said canary-token', { hint: 'mend' });
  await report.finish({ plan: 'abc', error, step: 'hooks-after-copy' });
  const sent = received[0]?.message.report;
  t.like(sent, {
    ...{ result: 'failed', step: 'hooks-after-copy', facts: { plan: 'abc', version: '1.2.3' } },
    error: { code: 'host/hook-failed', message: 'the hook said (removed)', hint: 'mend' },
  });
  t.is(sent?.log.length, 60);
  t.is(sent?.log.at(-1), '{"message":"(removed) 99"}');
  t.deepEqual(received[0]?.message.host, { hostname: 'xen01', serial: 'S1' });
  t.is(received[0]?.authorization, 'Bearer canary-token');
  t.deepEqual(subject.notes, [`reported to ${url}/r`]);
});

test('of several mistakes the first names the failure, and all are there', async (t) => {
  const { received, answer } = keepMessages((response) => response.end());
  const { url } = await serve(t, answer);
  const subject = await makeSubject(t, `report: { url: "${url}" }`);
  const errors = [
    new KronosError('host/disk-overlap', 'one', { hint: 'h1' }),
    new KronosError('host/no-disk', 'two', { hint: 'h2' }),
  ];
  const report = await startReport(subject);
  await report.finish({ error: new KronosErrors(errors), step: 'plan' });
  t.deepEqual(received[0]?.message.report?.error, {
    ...{ code: 'host/disk-overlap', message: 'one\ntwo', hint: 'h1' },
    errors: [
      { code: 'host/disk-overlap', message: 'one', hint: 'h1' },
      { code: 'host/no-disk', message: 'two', hint: 'h2' },
    ],
  });
});

test('a defect is told with its place', async (t) => {
  const { received, answer } = keepMessages((response) => response.end());
  const { url } = await serve(t, answer);
  const report = await startReport(await makeSubject(t, `report: { url: "${url}" }`));
  await report.finish({ error: new TypeError('x is not y'), step: 'copy' });
  t.like(received[0]?.message.report?.error, { code: 'internal/defect', message: 'x is not y' });
  t.regex(received[0]?.text ?? '', /report\.test/);
});

test('a run that went well says so', async (t) => {
  const { received, answer } = keepMessages((response) => response.end());
  const { url } = await serve(t, answer);
  const report = await startReport(await makeSubject(t, `report: { url: "${url}" }`));
  await report.finish({ plan: 'abc' });
  const sent = received[0]?.message.report;
  t.is(sent?.result, 'ok');
  t.false('error' in (sent ?? {}));
});

test('without an address nothing is sent; without its token nothing begins', async (t) => {
  const none = await startReport(await makeSubject(t, ''));
  await t.notThrowsAsync(none.finish({}));
  const subject = await makeSubject(t, 'report: { url: "https://x/", token: { file: missing } }');
  await t.throwsAsync(startReport(subject), { code: 'input/secret-file' });
});
