// A machine and its fleet server over real TLS: hello, waiting, the host file, and what follows a failure.
import test, { type ExecutionContext } from 'ava';
import { FLEET_PATHS, helloSchema } from '../../src/host/fleet/messages.ts';
import { awaitHostFile, awaitRestart } from '../../src/installer/fleet/orders.ts';
import { createTeller } from '../../src/installer/fleet/persist.ts';
import { reportToFleet } from '../../src/installer/fleet/report.ts';
import {
  fleetTokenIn,
  readFleetServer,
  type FleetServer,
} from '../../src/installer/fleet/server.ts';
import { beginSession } from '../../src/installer/session.ts';
import { findHostFile } from '../../src/installer/source.ts';
import { createScrubber } from '../../src/steps/scrub.ts';
import { readMachine } from '../host/machines.ts';
import { makeCertificate, serve, type Certificate } from '../steps/servers.ts';
import { temporaryDirectory } from '../temporary.ts';

const TOKEN = 'canary.boot.token';
const MAC = '52:54:00:12:34:56';
const FACTS = { mac: MAC, serial: 'SN1', uuid: '', product: 'R650' };

interface Asked {
  path: string;
  token: string | undefined;
  body: Record<string, unknown>;
}

/** `gone`: the connection is cut after the question was heard. */
type Answer = Record<string, unknown> | number | string;

/** A server with given answers, the last of them for ever. */
async function makeServer(t: ExecutionContext, answers: readonly Answer[], given?: Certificate) {
  const certificate = given ?? (await makeCertificate(t));
  const asked: Asked[] = [];
  const server = await serve(
    t,
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        asked.push({
          path: request.url ?? '',
          token: request.headers.authorization?.replace('Bearer ', ''),
          body: JSON.parse(text) as Record<string, unknown>,
        });
        const answer = answers[Math.min(asked.length, answers.length) - 1];
        if (answer === 'gone') response.destroy();
        else if (typeof answer === 'number')
          response.writeHead(answer).end(answer === 409 ? '{"error":"two\\nmachines"}' : 'canary');
        else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
      });
    },
    { certificate },
  );
  const { url, port, close } = server;
  const fleet: FleetServer = { url, fingerprint: certificate.fingerprint, token: TOKEN };
  return { fleet, asked, port, close, certificate };
}

/** Waiting in which no time passes, and what was told meanwhile. */
function makeWaiting(t: ExecutionContext) {
  const told: string[] = [];
  const pauses: number[] = [];
  const abort = new AbortController();
  const tell = createTeller((text) => {
    t.notRegex(text, /canary/);
    told.push(text);
  });
  const pause = (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds);
    return new Promise((resolve) => setTimeout(resolve, 2));
  };
  return { told, pauses, abort, waiting: { tell, pause, signal: abort.signal } };
}

async function newcomer() {
  return { facts: FACTS, inventory: await readMachine('two-nvme-equal'), version: '1.2.3' };
}

const wait = (message: string, seconds = 5) => ({ do: 'wait', seconds, message });
const install = { do: 'install', host: 'xen01', attempt: 2 };

test('a machine says hello, waits as it is told, and fetches its host file once', async (t) => {
  const { fleet, asked } = await makeServer(t, [
    ...[wait('a name\u001b[2J'), wait('a name'), wait('its turn', 60), { do: 'introduce' }],
    ...[install, { hostFile: 'version: 1\n' }],
  ]);
  const { waiting, told, pauses } = makeWaiting(t);
  const end = await awaitHostFile(fleet, await newcomer(), waiting);
  t.deepEqual(end, { hostFile: 'version: 1\n' });
  t.deepEqual(
    asked.map(({ path }) => path),
    [...Array.from({ length: 5 }, () => FLEET_PATHS.hello), FLEET_PATHS.hostFile],
  );
  t.true(asked.every(({ token }) => token === TOKEN));
  const hellos = asked.slice(0, 5).map(({ body }) => helloSchema.parse(body));
  // With the first question, and where it was asked for.
  t.deepEqual(
    hellos.map(({ inventory }) => inventory !== undefined),
    [true, false, false, false, true],
  );
  t.deepEqual(hellos[0]?.facts, { serial: 'SN1', product: 'R650' });
  t.is(hellos[0]?.mac, MAC);
  t.deepEqual(asked[5]?.body, { mac: MAC, attempt: 2 });
  t.deepEqual(told, [
    ...['fleet: a name [2J', 'fleet: a name', 'fleet: its turn'],
    'fleet: this is xen01, attempt 2',
  ]);
  const bounds = [5, 5, 60].map((seconds) => [seconds * 1000, seconds * 1250] as const);
  for (const [index, [least, most]] of bounds.entries())
    t.true((pauses[index] ?? 0) >= least && (pauses[index] ?? 0) <= most);
});

test('a server that is away is waited for without end, and in sight', async (t) => {
  const first = await makeServer(t, [wait('its turn')]);
  await first.close();
  const { waiting, told, pauses } = makeWaiting(t);
  const found = awaitHostFile(first.fleet, await newcomer(), waiting);
  while (pauses.length < 30) await new Promise((resolve) => setTimeout(resolve, 5));
  t.is(told.length, 1);
  t.regex(told[0] ?? '', /^fleet: fetching https:\S+ failed \(.*ECONNREFUSED.*asking again/);
  t.true(pauses.every((milliseconds) => milliseconds <= 37_500));
  const certificate = first.certificate;
  const answers = [503, '<html>', 'gone', install, { hostFile: 'version: 1\n' }];
  const second = await serveAgain(t, answers, certificate, first.port);
  t.deepEqual(await found, { hostFile: 'version: 1\n' });
  t.is(second.length, 5);
  t.regex(told.join('\n'), /answered 503[^]*something else than orders[^]*socket hang up/);
});

/** The same server after a restart. */
async function serveAgain(
  t: ExecutionContext,
  answers: readonly Answer[],
  certificate: Certificate,
  port: number,
): Promise<string[]> {
  const heard: string[] = [];
  await serve(
    t,
    (request, response) => {
      request.resume();
      request.on('end', () => {
        heard.push(request.url ?? '');
        const answer = answers[heard.length - 1];
        if (answer === 'gone') response.destroy();
        else if (typeof answer === 'number') response.writeHead(answer).end();
        else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
      });
    },
    { certificate, port },
  );
  return heard;
}

test('a host file that was lost on its way means another start', async (t) => {
  const { fleet, asked } = await makeServer(t, [install, 'gone', 409]);
  const { waiting, told, pauses } = makeWaiting(t);
  const end = await awaitHostFile(fleet, await newcomer(), waiting);
  t.regex('restart' in end ? end.restart : '', /the server answered 409: two machines/);
  t.is(asked.length, 3);
  t.regex(told.at(-1) ?? '', /this machine restarts in a minute/);
  t.true((pauses.at(-1) ?? 0) >= 60_000);
});

test('so do a token that is not taken, another certificate, and the order to', async (t) => {
  for (const status of [401, 410]) {
    const { fleet } = await makeServer(t, [status]);
    t.true('restart' in (await awaitHostFile(fleet, await newcomer(), makeWaiting(t).waiting)));
  }
  const { fleet, asked } = await makeServer(t, [wait('x')]);
  const stranger = { ...fleet, fingerprint: '0a'.repeat(32) };
  const end = await awaitHostFile(stranger, await newcomer(), makeWaiting(t).waiting);
  t.regex('restart' in end ? end.restart : '', /shows another certificate/);
  t.is(asked.length, 0);
  const order = await makeServer(t, [{ do: 'restart', message: 'you are ready' }]);
  t.deepEqual(await awaitHostFile(order.fleet, await newcomer(), makeWaiting(t).waiting), {
    restart: 'you are ready',
  });
});

test('waiting ends where somebody stops it', async (t) => {
  const { fleet } = await makeServer(t, [wait('x', 3600)]);
  const { waiting, abort } = makeWaiting(t);
  const found = awaitHostFile(fleet, await newcomer(), { ...waiting, pause: undefined });
  setTimeout(() => {
    abort.abort();
  }, 50);
  await t.throwsAsync(found, { code: 'interrupted/cancelled' });
});

test('a machine that does not know its card is told so', async (t) => {
  const { fleet } = await makeServer(t, [wait('x')]);
  const lost = { ...(await newcomer()), facts: { serial: 'x' } };
  await t.throwsAsync(awaitHostFile(fleet, lost, makeWaiting(t).waiting), {
    code: 'host/no-boot-card',
  });
});

test('after a failure the machine waits with the token of its reports, until it is to restart', async (t) => {
  const { fleet, asked } = await makeServer(t, [
    ...[wait('somebody to look'), wait('somebody to look'), 403, { do: 'introduce' }],
    { do: 'restart', message: 'tried again' },
  ]);
  const { waiting, told } = makeWaiting(t);
  t.is(await awaitRestart(fleet, 'report-token', waiting), 'tried again');
  t.true(asked.every(({ path, token }) => path === FLEET_PATHS.after && token === 'report-token'));
  t.deepEqual(asked[0]?.body, {});
  t.is(told[0], 'fleet: somebody to look');
  t.regex(told[1] ?? '', /403.*the machine stays on/);
});

test('the same text is told once, and now and then', (t) => {
  let now = 0;
  const told: string[] = [];
  const tell = createTeller(
    (text) => told.push(text),
    () => now,
  );
  for (const text of ['a', 'a', 'b', 'a', 'a']) tell(text);
  t.deepEqual(told, ['a', 'b', 'a']);
  now = 600_000;
  tell('a');
  t.is(told.length, 4);
});

const FINGERPRINT = 'ab'.repeat(32);

test('the arguments of the kernel', (t) => {
  const url = 'kronos.fleet=https://192.0.2.1:8443/';
  const pin = `kronos.fleet.sha256=${FINGERPRINT.toUpperCase()}`;
  const token = `kronos.fleet.token=${TOKEN}`;
  t.is(readFleetServer(['quiet']), undefined);
  t.is(readFleetServer(['kronos.fleet=']), undefined);
  t.deepEqual(readFleetServer(['kronos.fleet=https://x', url, pin, token]), {
    ...{ url: 'https://192.0.2.1:8443', fingerprint: FINGERPRINT, token: TOKEN },
  });
  for (const words of [
    [url, pin],
    [url, token],
    [url, token, `kronos.fleet.sha256=${TOKEN}`],
    ['kronos.fleet=http://192.0.2.1', pin, token],
    [`kronos.fleet=${TOKEN}`, pin, token],
  ]) {
    const error = t.throws(() => readFleetServer(words), { code: 'input/fleet-arguments' });
    t.notRegex(`${error.message}${JSON.stringify(error)}`, /canary/);
  }
  t.deepEqual(fleetTokenIn(token), [TOKEN]);
  t.deepEqual(fleetTokenIn(pin), []);
});

test('a text with the command line of the kernel has no token, whoever scrubs it', (t) => {
  const line = `a kronos.fleet=https://h kronos.fleet.token=${TOKEN} quiet`;
  t.is(createScrubber([])(line), 'a kronos.fleet=https://h kronos.fleet.token=(removed) quiet');
  t.is(createScrubber([TOKEN])(`got ${TOKEN}`), 'got (removed)');
});

test('a fleet comes after kronos.host=, before the medium, and only where nobody is asked', async (t) => {
  const { fleet, asked } = await makeServer(t, [install, { hostFile: 'fleet\n' }]);
  const kernelArguments = [
    `kronos.fleet=${fleet.url}`,
    `kronos.fleet.sha256=${fleet.fingerprint}`,
    `kronos.fleet.token=${TOKEN}`,
  ];
  const notes: string[] = [];
  const { signal } = new AbortController();
  const options = { kernelArguments, facts: FACTS, area: '/nowhere', signal };
  const note = (text: string): void => void notes.push(text);
  const { inventory, version } = await newcomer();
  const { found, attempts } = await findHostFile({
    ...{ ...options, note, newcomer: { inventory, version } },
  });
  t.like(found, { text: 'fleet\n', name: `host file of ${fleet.url}`, fleet });
  t.deepEqual(
    attempts.map(({ place }) => place),
    ['command line', 'kernel argument kronos.host=', 'kernel argument kronos.fleet='],
  );
  t.deepEqual(notes, [`fleet: asking ${fleet.url}`, 'fleet: this is xen01, attempt 2']);
  t.is(asked.length, 2);
  const looking = await findHostFile({ ...options, note }).catch(() => undefined);
  t.is(asked.length, 2);
  if (looking !== undefined)
    t.is(looking.attempts[2]?.skipped, 'only an unattended installation takes it');
});

test('a host file with mistakes is reported to whoever made it', async (t) => {
  const { fleet, asked } = await makeServer(t, ['{}']);
  const notes: string[] = [];
  const scrub = createScrubber([]);
  const session = beginSession(scrub, { people: [], machines: [] });
  const text = [
    ...['version: 1', 'hostname: xen01', 'nonsense: true'],
    `report: { url: "${fleet.url}/v1/events", fingerprint: ${fleet.fingerprint}, token: canary-report }`,
  ].join('\n');
  const journal = `${await temporaryDirectory(t)}/journal`;
  const subject = {
    ...{ facts: FACTS, version: '1.2.3', secrets: {}, scrub, journal },
    note: (line: string) => void notes.push(line),
  };
  await reportToFleet(session, { text, server: fleet, subject });
  t.deepEqual(session.fleet, { server: fleet, token: 'canary-report' });
  t.is(scrub('canary-report'), '(removed)');
  await session.report?.finish({ error: new Error('nonsense'), step: 'prepare' });
  t.is(asked[0]?.token, 'canary-report');
  t.like(asked[0]?.body, { report: { result: 'failed' }, host: { hostname: 'xen01' } });
  for (const broken of ['- a', '{', 'report: 1', 'report: { url: "https://x" }']) {
    const other = beginSession(scrub, { people: [], machines: [] });
    await reportToFleet(other, { text: broken, server: fleet, subject });
    t.is(other.report, undefined);
  }
});
