// What an operator sees and does, over a real store.
import test, { type ExecutionContext } from 'ava';
import type { KronosError } from '../../../src/common/error.ts';
import { openDesk } from '../../../src/fleet/desk/open.ts';
import type { Fleet } from '../../../src/fleet/file/fleet.ts';
import { withDecisions } from '../../../src/fleet/state/decide.ts';
import type { NewEntry } from '../../../src/fleet/store/store.ts';
import { openFileStore } from '../../../src/fleet/store/files.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { failed, hello, installed, ready, released, step } from '../entries.ts';
import { macOf, makeFleet, makePool } from '../fleets.ts';

async function open(t: ExecutionContext, fleet: Fleet) {
  const store = await openFileStore(await temporaryDirectory(t));
  t.teardown(() => store.close());
  const desk = openDesk({ fleet, store });
  const happen = (...entries: NewEntry[]) =>
    store.transact((state) => ({
      append: withDecisions(fleet, state, entries, Date.now()),
      result: undefined,
    }));
  const waits = () => desk.status().hosts.map((host) => host.waitsFor);
  const refused = (action: Parameters<typeof desk.act>[0]) =>
    t.throwsAsync<KronosError>(desk.act(action));
  return { store, desk, happen, waits, refused };
}

test('a rollout from its start to its end, in words', async (t) => {
  const fleet = makeFleet(5, {
    pools: [makePool('a', ['xen1', 'xen2', 'xen3'], { joins: 1 })],
    policy: { canary: 1, approval: 'canary', atOnce: 2 },
  });
  const { desk, happen, waits } = await open(t, fleet);
  t.like(desk.status(), { rollout: 'not-started', wave: 0, waves: 1, counts: { unknown: 5 } });
  await happen(hello(0), hello(1), hello(2), hello(3));
  t.deepEqual(waits(), [
    ...Array.from({ length: 4 }, () => 'the start of the rollout'),
    'its machine, which was not seen yet',
  ]);
  t.deepEqual(await desk.act({ do: 'start' }), { message: 'the rollout of test began' });
  t.deepEqual(waits().slice(0, 3), [
    'its machine, to fetch its host file',
    'its turn in wave 1',
    'its turn in wave 1',
  ]);
  await happen(released(0));
  await happen(step(0, 'install', 'write'));
  t.like(desk.status().hosts[0], { state: 'installing', step: 'write', percent: 50, attempt: 1 });
  await happen(installed(0), ready(0));
  t.like(desk.status(), {
    ...{ rollout: 'waiting-for-approval', reason: 'wave 1 needs approval', approvable: 1 },
  });
  t.is(waits()[1], 'approval of wave 1');
  await desk.act({ do: 'approve' });
  t.like(desk.status(), { rollout: 'running', wave: 1, approvable: undefined });
  t.deepEqual(waits().slice(1, 4), [
    'its machine, to fetch its host file',
    'the coordinator xen1',
    'the coordinator xen1',
  ]);
  await happen(released(1));
  await happen(ready(1));
  t.is(waits()[3], 'a free place: 1 join its pool at once');
  for (const index of [2, 3]) {
    await happen(released(index));
    await happen(ready(index));
  }
  t.like(desk.status(), { rollout: 'running', reason: '1 machine not seen yet' });
  await happen(hello(4));
  await happen(released(4));
  await happen(ready(4));
  t.like(desk.status(), { rollout: 'done', reason: undefined, counts: { ready: 5 } });
});

test('failures stop it, a retry makes them good, and each refusal says what helps', async (t) => {
  const fleet = makeFleet(3, { policy: { stopAfter: 1, atOnce: 1 } });
  const { desk, happen, refused, waits } = await open(t, fleet);
  await happen(hello(0), hello(1));
  await desk.act({ do: 'start' });
  t.like(await refused({ do: 'retry', hosts: ['xen0'] }), { message: 'xen0 is under way (armed)' });
  await happen(released(0));
  await happen(failed(0));
  t.like(desk.status(), { rollout: 'paused', reason: 'a host failed' });
  t.like(desk.status().hosts[0], {
    ...{ state: 'failed', waitsFor: 'a retry', step: 'write', message: 'the disk is broken' },
    failure: { code: 'io/disk', hint: 'replace it', log: ['writing', 'input/output error'] },
  });
  t.is(waits()[1], 'the rollout to go on');
  const paused = await refused({ do: 'start' });
  t.is(paused.code, 'input/fleet-action');
  t.is(paused.hint, 'resume it: kronos fleet resume');
  const both = await refused({ do: 'retry', hosts: ['xen', 'xen1', 'xen2', 'nothing-like-it'] });
  t.is(
    both.message,
    [
      'there is no host "xen"',
      'xen1 waits for its installation already',
      'the machine of xen2 was not seen yet',
      'there is no host "nothing-like-it"',
    ].join('\n'),
  );
  t.is(both.code, 'input/no-such-host');
  t.is(
    (await desk.act({ do: 'retry', hosts: ['XEN0'.toLowerCase(), macOf(0).toUpperCase()] }))
      .message,
    'to be installed again: xen0',
  );
  t.is((await desk.act({ do: 'resume' })).message, 'the rollout goes on');
  await happen(released(0, 2));
  await happen(ready(0));
  t.like(await refused({ do: 'retry', hosts: ['xen0'] }), { message: 'xen0 is ready' });
  await desk.act({ do: 'pause', reason: 'lunch' });
  t.is(desk.status().reason, 'by a person: lunch');
  await desk.act({ do: 'retry', hosts: ['xen0'], reinstall: true });
  t.is(desk.status().hosts[0]?.state, 'seen');
  t.like(await refused({ do: 'approve' }), { message: 'nothing waits for approval' });
  t.like(await refused({ do: 'approve', wave: 7 }), { message: 'there is no wave 7' });
});

test('a coordinator is not installed again while members are on their way into its pool', async (t) => {
  const pool = makePool('a', ['xen0', 'xen1', 'xen2'], { joins: 1 });
  const fleet = makeFleet(4, { pools: [pool, makePool('b', ['xen3'])] });
  const { desk, happen, refused } = await open(t, fleet);
  const again = { do: 'retry', hosts: ['xen0'], reinstall: true } as const;
  await happen(hello(0), hello(1), hello(2), hello(3));
  await desk.act({ do: 'start' });
  for (const index of [0, 3]) {
    await happen(released(index));
    await happen(ready(index));
  }
  const armed = await refused(again);
  t.is(armed.code, 'input/pool-under-way');
  t.is(
    armed.message,
    'xen0 is the coordinator of a, and members are on their way into it: xen1 (armed)',
  );
  t.regex(armed.hint ?? '', /kronos fleet pause/);
  t.is(desk.status().hosts[0]?.state, 'ready');
  await happen(released(1));
  t.regex((await refused(again)).message, /: xen1 \(installing\)$/);
  // Another pool has nothing to do with it, and a member takes nobody with it.
  await desk.act({ do: 'pause' });
  await happen(ready(1));
  t.is(
    (await desk.act({ do: 'retry', hosts: ['xen3'], reinstall: true })).message,
    'to be installed again: xen3',
  );
  t.is(
    (await desk.act(again)).message,
    'to be installed again: xen0; a becomes a new pool, of which these are no members: xen1',
  );
  await desk.act({ do: 'resume' });
  t.deepEqual(
    desk.status().hosts.map(({ state }) => state),
    ['armed', 'ready', 'seen', 'armed'],
  );
});

test('a machine without a name gets one from a person', async (t) => {
  const { desk, happen, refused, waits } = await open(t, makeFleet(2));
  await happen(hello(0), hello(7, { serial: 'S7', product: 'Box' }));
  const [, , nameless] = desk.status().hosts;
  t.like(nameless, { machine: macOf(7), waitsFor: 'a name', serial: 'S7', product: 'Box' });
  const wrong = await refused({ do: 'name', machine: macOf(8), host: 'xen1' });
  t.is(wrong.code, 'input/no-such-host');
  t.is(wrong.hint, `did you mean ${macOf(0)}?`);
  t.is((await refused({ do: 'name', machine: macOf(7), host: 'xen9' })).hint, 'did you mean xen0?');
  await desk.act({ do: 'name', machine: macOf(7).replaceAll(':', '-'), host: 'xen1' });
  t.is(desk.status().hosts.length, 2);
  await desk.act({ do: 'start' });
  t.is(waits()[1], 'its machine, to fetch its host file');
  const under = await refused({ do: 'name', machine: macOf(7), host: 'xen0' });
  t.is(under.message, `${macOf(7)} is installed as xen1 (armed)`);
});

test('what is known of one host: its history in words, and its inventory', async (t) => {
  const { store, desk, happen } = await open(t, makeFleet(1));
  await store.keepInventory('0'.repeat(64), '{"format":"x"}');
  t.is(await desk.details('xen7'), undefined);
  t.deepEqual((await desk.details('xen0'))?.history, []);
  await happen(hello(0, { serial: 'S0', product: 'Box' }));
  await desk.act({ do: 'start' });
  await happen(released(0));
  await happen(step(0, 'install', 'write'), failed(0));
  for (const name of ['xen0', macOf(0).toUpperCase()]) {
    const details = await desk.details(name);
    t.deepEqual(details?.inventory, { format: 'x' });
    t.is(details?.status.host, 'xen0');
    t.deepEqual(
      details?.history.map(({ text }) => text),
      [
        'said hello from 192.0.2.9: Box, serial number S0',
        'is the machine of xen0',
        'armed in wave 1: installation 1',
        'the host file went out for installation 1',
        'install: write finished: half of it',
        'install failed at write after 61 s: io/disk: the disk is broken',
      ],
    );
  }
});

test('several changes are told as one', async (t) => {
  const { desk, happen } = await open(t, makeFleet(3));
  let told = 0;
  const end = desk.watch(() => (told += 1));
  // At once: on a busy machine one after the other takes longer than changes are gathered for.
  await Promise.all([happen(hello(0)), happen(hello(1))]);
  await new Promise((resolve) => setTimeout(resolve, 400));
  t.is(told, 1);
  end();
  await happen(hello(2));
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.is(told, 1);
});
