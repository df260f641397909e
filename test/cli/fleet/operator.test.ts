// The commands of an operator as processes, against a real server, desk and store.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { run } from '../../../src/common/process.ts';
import { openDesk } from '../../../src/fleet/desk/open.ts';
import { withDecisions } from '../../../src/fleet/state/decide.ts';
import { openFileStore } from '../../../src/fleet/store/files.ts';
import type { NewEntry } from '../../../src/fleet/store/store.ts';
import { failed, hello, installed, ready, released, step } from '../../fleet/entries.ts';
import { macOf, makeFleet } from '../../fleet/fleets.ts';
import { ask, logIn, serveWeb, TOKEN } from '../../fleet/web/server.ts';
import { temporaryDirectory } from '../../temporary.ts';

const PROGRAM = join(import.meta.dirname, '../../../src/cli/main.js');

async function open(t: ExecutionContext, size: number) {
  const directory = await temporaryDirectory(t);
  const fleet = makeFleet(size, {
    policy: { canary: 1, approval: 'every-wave', atOnce: 200, stopAfter: 200 },
    hosts: (index) => ({
      rack: `r${Math.floor(index / 40) + 1}/${index % 40}`,
      ...(index === size - 1 ? { identity: { serial: 'none' } } : {}),
    }),
  });
  const store = await openFileStore(join(directory, 'journal'));
  t.teardown(() => store.close());
  const desk = openDesk({ fleet, store });
  const server = await serveWeb(directory, { desk });
  t.teardown(() => server.close());
  const { url, fingerprint } = server;
  await writeFile(join(directory, 'server.json'), JSON.stringify({ url, fingerprint }));
  await writeFile(join(directory, 'operator.token'), `${TOKEN}\n`);
  const happen = (...entries: NewEntry[]) =>
    store.transact((state) => ({
      append: withDecisions(fleet, state, entries, Date.now()),
      result: undefined,
    }));
  const kronos = async (...words: string[]) => {
    const argv = [process.execPath, PROGRAM, 'fleet', ...words, '--state', directory];
    const { stdout, stderr, exitCode } = await run(argv, { accept: [0, 2, 4, 5] });
    return { text: stdout + stderr, exitCode };
  };
  return { desk, directory, happen, kronos, server };
}

test('a rollout is started, approved, paused, and what failed tried again', async (t) => {
  const { happen, kronos } = await open(t, 4);
  await happen(hello(0), hello(1), hello(9, { serial: 'S9', product: 'Box' }));
  t.regex((await kronos('status')).text, /^Fleet test: rollout not started\n/);
  t.is((await kronos('rollout')).text, 'the rollout of test began');
  await happen(released(0), installed(0), ready(0));
  t.regex((await kronos('status')).text, /waiting for approval/);
  t.regex((await kronos('approve')).text, /^wave 1 and those before it are approved/);
  await happen(released(1), step(1, 'install', 'write'), failed(1));
  const status = await kronos('status');
  t.regex(status.text, /failed \(1\)\n {2}xen1: io\/disk: /);
  t.notRegex(status.text, /^.{81}/m);
  t.regex((await kronos('log', 'xen1')).text, /history\n(?:.*\n)*failure\n {2}xen1: /);
  t.regex((await kronos('retry', 'xen1')).text, /^to be installed again: xen1/);
  t.regex((await kronos('name', macOf(9), 'xen3')).text, /is the machine of xen3/);
  const replaced = await kronos('name', macOf(9), 'xen3', '--replaced', 'S10');
  t.regex(replaced.text, /from now on it is S10, and S9 is refused$/);
  t.regex((await kronos('log', 'xen3')).text, /its mainboard was replaced, says a person: serial/);
  t.regex((await kronos('pause', 'lunch')).text, /^the rollout is paused/);
  t.regex((await kronos('status')).text, /by a person: lunch/);
  t.is((await kronos('resume')).text, 'the rollout goes on');
  const json = JSON.parse((await kronos('status', '--json')).text) as { hosts: unknown[] };
  t.is(json.hosts.length, 4);
});

test('a refusal is told as the server gave it, each of several', async (t) => {
  const { kronos } = await open(t, 3);
  const { text, exitCode } = await kronos('retry', 'xen0', 'nobody');
  t.is(exitCode, 2);
  t.regex(text, /^error input\/fleet-action: the machine of xen0 was not seen yet\n {2}hint: /);
  t.regex(text, /\nerror input\/no-such-host: there is no host "nobody"/);
});

test('watching prints what changes and ends with the rollout, and says whether hosts failed', async (t) => {
  const { desk, directory, happen } = await open(t, 2);
  await happen(hello(0));
  await desk.act({ do: 'start' });
  const argv = [process.execPath, PROGRAM, 'fleet', 'status', '--watch', '--state', directory];
  let onLine = (): void => undefined;
  const first = new Promise<void>((resolve) => (onLine = resolve));
  const watching = run(argv, { accept: [5], onLine: () => onLine() });
  await Promise.race([first, watching]);
  await happen(released(0));
  await happen(hello(1, { serial: 'none' }), installed(0), ready(0));
  await desk.act({ do: 'approve' });
  await happen(released(1), failed(1));
  const { stdout: text } = await watching;
  t.regex(text, /^\d\d:\d\d:\d\d rollout running, canary, /);
  t.regex(text, /\n\d\d:\d\d:\d\d xen1 failed: /);
});

test('the page and the desk agree about two hundred hosts', async (t) => {
  const { desk, happen, server } = await open(t, 200);
  const all = Array.from({ length: 190 }, (_, index) => index);
  await happen(...all.map((index) => hello(index)));
  await desk.act({ do: 'start' });
  await happen(released(0), installed(0), ready(0));
  await desk.act({ do: 'approve' });
  await happen(...all.slice(1, 100).map((index) => released(index)));
  await happen(...all.slice(1, 80).map((index) => step(index, 'install', 'write')));
  await happen(...all.slice(1, 40).flatMap((index) => [installed(index), ready(index)]));
  await happen(...all.slice(40, 50).map((index) => failed(index)));
  const { cookie } = await logIn(server);
  const html = (await ask(server, '/', { headers: { cookie } })).text;
  const { counts, hosts } = desk.status();
  t.is(hosts.length, 200);
  t.like(counts, { ready: 40, failed: 10 });
  for (const [state, count] of Object.entries(counts)) {
    const rows = html.match(
      new RegExp(`<tr role="row" data-key="[^"]+" data-state="${state}"`, 'g'),
    );
    t.is(rows?.length ?? 0, count, state);
  }
  t.regex(html, /io\/disk/);
  const single = await ask(server, '/hosts/xen45', { headers: { cookie } });
  t.regex(single.text, /<ol class="history" reversed>/);
  t.regex(single.text, /armed in wave 1/);
});
