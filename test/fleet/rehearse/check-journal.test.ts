// Journals in which something is that must not be.
import test from 'ava';
import { parseFleetFile } from '../../../src/fleet/file/read.ts';
import { checkJournal, type Rule } from '../../../src/fleet/rehearse/check-journal.ts';
import { makeUpFleet } from '../../../src/fleet/rehearse/made-up.ts';
import type { Fleet } from '../../../src/fleet/file/fleet.ts';
import type { Entry, FleetEvent, MachineEvent } from '../../../src/fleet/state/event.ts';
import type { Report } from '../../../src/steps/reporter.ts';

const time = '2026-01-01T00:00:00.000Z';

async function makeFleet(policy: Partial<Fleet['policy']> = {}, joins = 2): Promise<Fleet> {
  const { fleet } = await parseFleetFile(makeUpFleet(6), 'fleet.yaml', { directory: '.' });
  return {
    ...fleet,
    policy: { ...fleet.policy, approval: 'none', canary: 0, atOnce: 3, ...policy },
    pools: fleet.pools.map((pool) => ({ ...pool, joins })),
  };
}

const macOf = (host: number): string => `02:51:4e:00:00:0${host}`;

function of(host: number, ...events: MachineEvent[]): Entry[] {
  return events.map((event) => ({ time, subject: macOf(host), event }));
}

function ofFleet(event: FleetEvent): Entry {
  return { time, subject: 'fleet', event };
}

const named = (host: number): Entry[] =>
  of(host, { type: 'named', host: `sim000${host}`, by: 'fleet' });
const armed = (wave = 1): MachineEvent => ({ type: 'armed', attempt: 1, wave, by: 'fleet' });
const released: MachineEvent = { type: 'released', attempt: 1, bootToken: 'b', reportToken: 'r' };
const reported = (stage: string, result: Report['result'] = 'ok'): MachineEvent => ({
  ...{ type: 'reported', run: stage },
  report: { format: 'kronos-report', version: 1, result, stage, seconds: 1, facts: {}, log: [] },
});
const heard: MachineEvent = {
  ...{ type: 'step', run: 'install', number: 1, stage: 'install', step: 'copy' },
  ...{ state: 'started', percent: 1, message: '' },
};
const life: MachineEvent[] = [released, reported('install'), reported('firstboot')];

const begun = [ofFleet({ type: 'started' }), ...[1, 2, 3, 4, 5, 6].flatMap(named)];
const coordinator = of(1, armed(), ...life);

async function rulesOf(entries: readonly Entry[], fleet?: Fleet): Promise<Rule[]> {
  const { breaches } = checkJournal(fleet ?? (await makeFleet()), entries);
  return breaches.map(({ rule }) => rule);
}

test('a good rollout has no breach, and its figures', async (t) => {
  const entries = [...begun, ...coordinator, ...of(2, armed()), ...of(3, armed(), ...life)];
  const figures = checkJournal(await makeFleet(), entries);
  t.deepEqual(figures, { breaches: [], mostAtOnce: 2, mostJoining: 2, released: 2 });
});

test('a member before its coordinator', async (t) => {
  t.deepEqual(await rulesOf([...begun, ...of(2, armed())]), ['order']);
  t.deepEqual(await rulesOf([...begun, ...of(1, armed()), ...of(2, armed())]), ['order']);
});

test('more than the limits allow', async (t) => {
  const three = [2, 3, 4].flatMap((host) => of(host, armed()));
  t.deepEqual(await rulesOf([...begun, ...coordinator, ...three]), ['joins']);
  const four = [...three, ...of(5, armed())];
  t.deepEqual(await rulesOf([...begun, ...coordinator, ...four], await makeFleet({}, 9)), [
    'atOnce',
  ]);
});

test('twice', async (t) => {
  t.deepEqual(await rulesOf([...begun, ...coordinator, ...of(1, armed())]), ['twice']);
  const again = of(1, { type: 'retry', reinstall: true }, armed());
  t.deepEqual(await rulesOf([...begun, ...coordinator, ...again]), []);
  const lazy = of(1, { type: 'retry', reinstall: false }, armed());
  t.deepEqual(await rulesOf([...begun, ...coordinator, ...lazy]), ['twice']);
});

test('a host file that goes out twice', async (t) => {
  t.deepEqual(await rulesOf([...begun, ...of(1, armed(), released, released)]), ['once']);
  const lost = of(1, armed(), released, { type: 'restarted' }, released);
  t.deepEqual(await rulesOf([...begun, ...lost]), []);
  const used = of(1, armed(), released, heard, { type: 'restarted' }, released);
  t.deepEqual(await rulesOf([...begun, ...used]), ['once']);
});

test('before the start, in a pause, without approval', async (t) => {
  t.deepEqual(await rulesOf([...named(1), ...of(1, armed())]), ['held']);
  const paused = ofFleet({ type: 'paused', by: 'operator', reason: '' });
  t.deepEqual(await rulesOf([...begun, paused, ...of(1, armed())]), ['held']);
  const resumed = ofFleet({ type: 'resumed' });
  t.deepEqual(await rulesOf([...begun, paused, resumed, ...of(1, armed())]), []);
  const fleet = await makeFleet({ approval: 'every-wave' });
  const second = [...begun, ...coordinator, ...of(2, armed(2))];
  t.deepEqual(await rulesOf(second, fleet), ['held']);
  const approved = ofFleet({ type: 'approved', wave: 2 });
  t.deepEqual(await rulesOf([approved, ...second], fleet), []);
});

test('before the canary is ready', async (t) => {
  const fleet = await makeFleet({ canary: 1 });
  const canary = of(1, armed(0), ...life);
  t.deepEqual(await rulesOf([...begun, ...canary, ...of(2, armed())], fleet), []);
  const early = [...begun, ...coordinator, ...of(2, armed())];
  t.deepEqual(await rulesOf(early, fleet), ['canary', 'canary']);
});
