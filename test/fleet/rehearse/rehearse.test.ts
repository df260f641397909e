// A small fleet from power on to pools, against the real server, which is killed in the middle.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { describeRehearsal, summarizeRehearsal } from '../../../src/fleet/rehearse/describe.ts';
import { makeUpFleet } from '../../../src/fleet/rehearse/made-up.ts';
import { rehearseFleet } from '../../../src/fleet/rehearse/run.ts';
import { DEFAULT_SETTINGS } from '../../../src/fleet/rehearse/settings.ts';
import { makeCertificate } from '../../steps/servers.ts';
import { openXapiPools } from './xapi-coordinator.ts';

const HOSTS = 66;

/** Quick machines: nothing is waited for long, so that little is asked. */
const SETTINGS = {
  ...DEFAULT_SETTINGS,
  ...{ failures: 0.15, progress: 20, powerOn: 10, seed: 3, realBytes: 8192 },
  seconds: { firmware: 20, live: 5, install: 25, firstBoot: 20, join: 1, joined: 3 },
  operator: { seconds: 5, retries: 5 },
};

test('sixty-six hosts become two pools though machines fail and the server is killed', async (t) => {
  t.timeout(120_000);
  // Sockets have short paths.
  const directory = await mkdtemp(join(tmpdir(), 'kr-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const pools = openXapiPools(directory, await makeCertificate(t), 'rehearsal');
  t.teardown(pools.close);
  const file = join(directory, 'fleet.yaml');
  // Silent machines are given up soon, so that nobody asks for half an hour what they wait for.
  const rollout = `rollout:\n  silence: 200\n`;
  await writeFile(
    file,
    makeUpFleet(HOSTS)
      .replace('rollout:\n', rollout)
      .replace(/^ {2}waves:.*\n/m, ''),
  );
  const { fleet, rehearsal } = await rehearseFleet({
    ...{ fleet: { file }, settings: SETTINGS, strikes: [0.5] },
    coordinator: pools.coordinator,
    signal: new AbortController().signal,
  });
  const { stories, operator, journal } = rehearsal;
  const text = describeRehearsal(fleet, rehearsal);
  t.deepEqual(rehearsal.breaches, [], text);
  t.is(rehearsal.strikes, 1);
  t.is(operator.status.counts.ready, HOSTS, text);
  t.true(stories.every(({ ready }) => ready));
  t.true(journal.mostAtOnce > 8 && journal.mostJoining > 4);
  const fates = new Set(
    stories.flatMap(({ installations }) => installations.map((one) => one.fate)),
  );
  t.true(fates.size > 3, [...fates].join(' '));
  t.true(operator.failures.length > 0 && operator.retries >= operator.failures.length);
  // Whoever joined twice was installed twice, for a reason; each is in its pool.
  const members = Object.values(pools.members());
  t.is(members.length, 2);
  t.true(members.reduce((sum, count) => sum + count, 0) >= HOSTS);
  for (const part of ['The rollout of 66 hosts in 2 pools takes', 'Bottleneck: ', 'Held: '])
    t.true(text.includes(part), part);
  t.true(JSON.stringify(summarizeRehearsal(fleet, rehearsal)).includes('"breaches":[]'));
});

test('a rehearsal that is cancelled ends at once, and leaves nobody behind', async (t) => {
  t.timeout(60_000);
  const controller = new AbortController();
  const cancelled = rehearseFleet({
    ...{ fleet: { hosts: 6 }, settings: { ...SETTINGS, failures: 0 } },
    signal: controller.signal,
    // Somebody is in the middle of an installation, and reports it.
    onStatus: ({ counts }) => {
      if (counts.installing > 0) controller.abort();
    },
  });
  await t.throwsAsync(cancelled, { code: 'interrupted/cancelled' });
});
