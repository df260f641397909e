// Whole first boots of hosts with xapi against simulated servers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { exists } from '../../../src/common/files.ts';
import { forgetRefusal } from '../../../src/firstboot/network/refusal.ts';
import type { AddressedPif } from '../../../src/firstboot/xapi/addresses.ts';
import { readFormer, writeFormer } from '../../../src/firstboot/xapi/confirm.ts';
import { DELAY, hasFailed, makePoolLab, type PoolHost } from './pool-lab.ts';
import { PROGRAM, runBoot } from './run-steps.ts';

/** Every request, and fifty kills. */
const FULL = process.env['KRONOS_VM_MATRIX'] === 'full';

test('the first host makes the pool, and its second run makes no write', async (t) => {
  const { coordinator } = await makePoolLab(t);
  t.deepEqual(await coordinator.run(), {
    ...{ toolstack: 'done', network: 'done', settings: 'done', 'storage-shared': 'done' },
  });
  const { xapi } = coordinator.host;
  t.like(xapi.database.get('pool', xapi.pool), {
    name_label: 'rack',
    tls_verification_enabled: true,
  });
  t.is(xapi.database.records('Bond').size, 1);
  const [sr] =
    [...xapi.database.records('SR').entries()].find(([, one]) => one['type'] === 'nfs') ?? [];
  t.is(xapi.database.get('pool', xapi.pool)['default_SR'], sr);
  const before = xapi.writes;
  t.deepEqual(await coordinator.run(), {
    ...{
      toolstack: 'done',
      network: 'unchanged',
      settings: 'unchanged',
      'storage-shared': 'unchanged',
    },
  });
  t.is(xapi.writes, before);
});

test('the next host joins unattended, and the password is gone', async (t) => {
  const { coordinator, member } = await makePoolLab(t);
  await coordinator.run();
  const second = await member('xen02', '10.0.0.2');
  const first = await second.run();
  t.like(first, { toolstack: 'done', network: 'done', settings: 'done', pool: 'done' });
  // The pool's own bond, VLAN and repository are there already; the address of the bond is this host's.
  t.like(first, { 'storage-shared': 'unchanged' });
  t.is(await readFile(join(second.directory, 'pool.conf'), 'utf8'), 'slave:127.0.0.1');
  t.false(await exists(join(second.directory, 'secrets.json')));
  const hosts = [...coordinator.host.xapi.database.records('host').values()];
  t.deepEqual(
    hosts.map((host) => host['enabled']),
    [true, true],
  );
  const { xapi } = coordinator.host;
  const { database } = xapi;
  t.is(database.records('Bond').size, 2);
  t.is(database.records('VLAN').size, 2);
  t.is([...database.records('SR').values()].filter((sr) => sr['type'] === 'nfs').length, 1);
  const { writes } = xapi;
  const states = new Set(Object.values(await second.run()));
  t.deepEqual([...states].sort(), ['done', 'unchanged']);
  t.is(xapi.writes, writes, 'a second run of a member makes no write');
});

test('a wrong password is told and kept, so that it can be mended; the network is there', async (t) => {
  const { coordinator, member } = await makePoolLab(t);
  await coordinator.run();
  const second = await member('xen02', '10.0.0.2', 'wrong');
  t.like(await second.run(), { network: 'done', pool: 'failed', 'pool-networks': 'blocked' });
  t.is(second.host.joins, 0);
  t.true(await exists(join(second.directory, 'secrets.json')));
});

test('a management address at which nobody answers is taken back, and not tried again', async (t) => {
  const { coordinator } = await makePoolLab(t);
  await coordinator.run();
  const { database } = coordinator.host.xapi;
  const address = (): unknown =>
    [...database.records('PIF').values()].find((pif) => pif['management'] === true)?.['IP'];
  const before = String(address());
  const boot = coordinator.boot();
  const wrong = { ...boot, text: boot.text.replace(`${before}/24`, '10.99.0.9/24') };
  const told: string[] = [];
  const tell = (failure: string): void => void told.push(failure);
  const silent = await runBoot({ ...wrong, silent: true }, tell);
  t.like(silent, { network: 'failed', settings: 'blocked' });
  t.is(address(), before);
  t.regex(told[0] ?? '', /host\/network-silent: the management interface was put back: no answer/);
  t.like(await runBoot(wrong, tell), { network: 'failed' });
  t.regex(told[1] ?? '', /host\/network-refused/);
  await forgetRefusal(coordinator.directory);
  t.like(await runBoot(wrong, tell), { network: 'done', settings: 'unchanged' });
  t.is(address(), '10.99.0.9');
});

test('a run that was cut before anybody answered still knows what to go back to', async (t) => {
  const { coordinator } = await makePoolLab(t);
  await coordinator.run();
  const { database } = coordinator.host.xapi;
  const [ref, pif] =
    [...database.records('PIF').entries()].find(([, one]) => one['management'] === true) ?? [];
  const addressed = { ...pif, IP: '10.0.0.77' } as unknown as AddressedPif;
  await writeFormer({ pif: ref ?? '', addressed, bridge: 'xenbr0' }, coordinator.directory);
  t.like(await runBoot({ ...coordinator.boot(), silent: true }), { network: 'failed' });
  t.is(database.get('PIF', ref ?? '')['IP'], '10.0.0.77');
  t.is(await readFormer(coordinator.directory), undefined);
});

for (const kind of ['lost', 'unheard', 'refused', 'restart', 'late'] as const) {
  test(`whichever request of a join is met by this, the next run ends in one member: ${kind}`, async (t) => {
    const whole = await joinOnce(t);
    const started = whole.before;
    // Of every request of the whole way the first of a few, so that all of it is covered in bounded time.
    const step = FULL ? 1 : 4;
    for (let at = started + 1; at <= whole.after; at += step) {
      const { second, coordinator } = await joinOnce(t, { at, kind });
      second.fault.at = Infinity;
      // systemd waits for longer.
      if (kind === 'late') await sleep(DELAY);
      await expectOneMember(t, { coordinator, second, about: `request ${at - started}` });
      // A server that ended in the middle of a join is asked once more for it.
      t.true(second.host.joins === 1 || (kind === 'restart' && second.host.joins === 2));
    }
  });
}

test('whichever request of a join is answered slowly, the same run ends in one member', async (t) => {
  const whole = await joinOnce(t);
  const step = FULL ? 1 : 12;
  for (let at = whole.before + 1; at <= whole.after; at += step) {
    const { second, coordinator } = await joinOnce(t, { at, kind: 'slow' });
    const about = `request ${at - whole.before}`;
    t.deepEqual(second.told, [], about);
    t.is(second.host.joins, 1, about);
    second.fault.at = Infinity;
    await expectOneMember(t, { coordinator, second, about });
  }
});

/** Runs until all is well: then there is one of everything. */
async function expectOneMember(
  t: ExecutionContext,
  { coordinator, second, about }: { coordinator: PoolHost; second: PoolHost; about: string },
): Promise<void> {
  let states = await second.run();
  // A server that is in the middle of its restart.
  for (let again = 0; again < 3 && hasFailed(states); again += 1) states = await second.run();
  t.false(hasFailed(states), `${about}: ${JSON.stringify(states)} ${second.told.join('\n')}`);
  const { database } = coordinator.host.xapi;
  const count = (name: string): number => database.records(name).size;
  const bridges = [...database.records('network').values()].map(({ bridge }) => bridge);
  t.deepEqual([count('host'), count('Bond'), count('VLAN')], [2, 2, 2], about);
  t.is([...database.records('SR').values()].filter((sr) => sr['type'] === 'nfs').length, 1, about);
  // One for each card, the bond, the VLAN, and the one that every host has.
  t.deepEqual(bridges.sort(), ['xapi0', 'xapi1', 'xenapi', 'xenbr0', 'xenbr1'], about);
  t.false(await exists(join(second.directory, 'secrets.json')), about);
}

async function joinOnce(
  t: ExecutionContext,
  fault: PoolHost['fault'] = { at: Infinity, kind: 'lost' },
) {
  const { coordinator, member } = await makePoolLab(t, 2000);
  await coordinator.run();
  const second = await member('xen02', '10.0.0.2');
  const before = second.requests();
  Object.assign(second.fault, fault);
  await second.run();
  return { coordinator, second, before, after: second.requests() };
}

test('a first boot that is killed at whatever request goes on, and ends in one member', async (t) => {
  const kills = FULL ? 50 : 8;
  const whole = await joinOnce(t);
  const span = whole.after - whole.before;
  for (let number = 0; number < kills; number += 1) {
    const { coordinator, member } = await makePoolLab(t, 2000);
    await coordinator.run();
    const second = await member('xen02', '10.0.0.2');
    const at =
      second.requests() + 1 + Math.floor((span * (number + randomInt(1000) / 1000)) / kills);
    const file = join(second.directory, 'boot.json');
    await writeFile(file, JSON.stringify(second.boot()));
    const child = spawn(process.execPath, [PROGRAM, file], { stdio: 'ignore' });
    const gone = once(child, 'exit');
    // The request is carried out, and nobody is there any more to hear of it.
    Object.assign(second.fault, { at, kind: 'lost', onFault: () => child.kill('SIGKILL') });
    await gone;
    Object.assign(second.fault, { at: Infinity });
    await expectOneMember(t, { coordinator, second, about: `killed at request ${at}` });
    t.is(second.host.joins, 1);
  }
});
