// A rack becomes a pool from one file: machines are powered on and nobody touches a key. The toolstack is the simulator,
// packaged as an origin; DHCP, PXE, firmware, installer, first boot and the fleet server are real.
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { FleetStatus, HostStatus } from '../../src/fleet/desk.ts';
import { temporaryDirectory } from '../temporary.ts';
import { openFleet } from './fleet-lab.ts';
import { LAB_HASH } from './host-text.ts';
import { logIn, type LiveMachine } from './live.ts';
import { FULL, releaseDirectory } from './media.ts';
import { macOf, makeRackDisk, openRack, type RackMachine } from './rack.ts';
import { makeSimulatorRelease } from './simulator-release.ts';

const longTest = FULL ? test : test.skip;

/** Of the simulator: what members join with. */
const PASSWORD = 'xenroot';

/** In the middle of the slot of the system, in sectors; see faults.test.ts. */
const IN_THE_SYSTEM = (700 * 1024 * 1024) / 512;

const MACHINES: readonly RackMachine[] = [
  { number: 1, firmware: 'bios' },
  { number: 2, firmware: 'uefi' },
  {
    ...{ number: 3, firmware: 'bios' },
    // Once: the disk is good again afterwards, as after a cable was plugged in properly.
    faults: [{ event: 'none', iotype: 'write', errno: 5, sector: IN_THE_SYSTEM, once: true }],
  },
  { number: 4, firmware: 'uefi' },
];

/** The one whose disk fails. */
const BAD = 'xen03';

longTest('a machine that is powered on becomes a host without anybody there', async (t) => {
  t.timeout(30 * 60 * 1000);
  const directory = await temporaryDirectory(t);
  await chmod(directory, 0o755);
  const rack = await openRack(t, directory);
  const one: RackMachine = { number: 1, firmware: 'bios' };
  const tree = join(releaseDirectory(), 'pxe');
  const fleet = await openFleet(t, rack, directory, tree, fleetFile([one]));
  await fleet.serve();
  await fleet.say('rollout');
  await makeRackDisk(directory, one);
  await rack.powerOn(one);
  await fleet.until('it is ready', ({ counts }) => counts.ready + counts.failed === 1, 20 * 60);
  const host = hostIn(await fleet.status(), 'xen01');
  t.is(host?.state, 'ready', JSON.stringify(host));
  t.is(host?.attempt, 1);
  t.notRegex(fleet.lines.join('\n'), /kronos\.fleet\.token=(?!\(removed\))/);
});

longTest('four machines that are powered on become one pool, and stay it', async (t) => {
  t.timeout(3 * 3600 * 1000);
  const directory = await temporaryDirectory(t);
  // What dnsmasq and the machines read is read by others than its owner.
  await chmod(directory, 0o755);
  const release = await makeSimulatorRelease(join(directory, 'release'));
  const rack = await openRack(t, directory);
  const fleet = await openFleet(
    t,
    rack,
    directory,
    join(release, 'pxe'),
    fleetFile(MACHINES, 'xapi'),
  );

  await fleet.serve();
  for (const machine of MACHINES) await makeRackDisk(directory, machine);
  const machines = new Map<string, LiveMachine>();
  for (const machine of MACHINES) machines.set(nameOf(machine), await rack.powerOn(machine));
  await fleet.until('all are seen', ({ counts }) => counts.unknown === 0);
  await fleet.say('rollout');

  await fleet.until('the coordinator installs', (status) => isIn(status, 'xen01', ['installing']));
  await fleet.kill();
  await sleep(20_000);
  await fleet.serve();
  await fleet.until('the coordinator is ready', (status) => isIn(status, 'xen01', ['ready']));

  await fleet.until('members install', ({ hosts }) =>
    hosts.some(({ state }) => state === 'installing'),
  );
  await fleet.kill();
  await sleep(20_000);
  await fleet.serve();

  // The bad disk is told with the end of its log, and holds nobody up: by the write, or by what is read back.
  await fleet.until(
    'the others are ready',
    ({ counts }) => counts.ready === 3 && counts.failed === 1,
  );
  const failed = hostIn(await fleet.status(), BAD);
  t.is(failed?.state, 'failed');
  t.is(failed?.failure?.stage, 'install');
  t.regex(failed?.failure?.code ?? '', /^(?:io|verification)\//);
  t.true((failed?.failure?.log.length ?? 0) > 5);
  await fleet.say('retry', BAD);
  await fleet.until('the retried one is ready', ({ counts }) => counts.ready === 4);

  // One pool of four, and nothing left of what is secret.
  t.deepEqual(
    await rack.listHosts({ number: 1 }, PASSWORD),
    MACHINES.map((machine) => `${nameOf(machine)} enabled`),
  );
  for (const name of ['xen01', 'xen02']) {
    const machine = machines.get(name);
    if (machine === undefined) throw new Error(`${name} was started`);
    await logIn(machine, name);
    const token = await machine.shell('grep -c repor"t\\"" /etc/kronos/secrets.json');
    t.not(token.code, 0, 'the token of the fleet is erased');
    // What is typed is echoed, so the word is put together by the shell.
    const search = 'grep -rls "xen""root" /etc/kronos /var/lib/kronos /var/log';
    t.is((await machine.shell(search, 600)).code, 1, 'the password is nowhere');
  }

  // Powered on again none is installed again.
  const attempts = (await fleet.status()).hosts.map(({ attempt }) => attempt);
  t.deepEqual(attempts, [1, 1, 2, 1]);
  for (const machine of machines.values()) await machine.stop();
  // All at once, as after a power cut.
  const again: LiveMachine[] = [];
  for (const machine of MACHINES) again.push(await rack.powerOn({ ...machine, faults: undefined }));
  await Promise.all(again.map((machine) => machine.expect(/login:/, 3600)));
  for (const machine of again) await machine.stop();
  const after = await fleet.status();
  t.is(after.counts.ready, 4);
  t.deepEqual(
    after.hosts.map(({ attempt }) => attempt),
    attempts,
  );
  const lines = fleet.lines.join('\n');
  t.false(lines.includes(PASSWORD));
  t.notRegex(lines, /kronos\.fleet\.token=(?!\(removed\))/);
});

function nameOf({ number }: RackMachine): string {
  return `xen0${number}`;
}

function hostIn({ hosts }: FleetStatus, name: string): HostStatus | undefined {
  return hosts.find(({ host }) => host === name);
}

function isIn(status: FleetStatus, name: string, states: readonly string[]): boolean {
  return states.includes(hostIn(status, name)?.state ?? '');
}

function fleetFile(machines: readonly RackMachine[], toolstack: 'xl' | 'xapi' = 'xl'): string {
  const pool = [
    ...['pools:', '  rack:', '    coordinator: xen01'],
    `    hosts: [${machines.map(nameOf).join(', ')}]`,
    `    credential: { password: ${PASSWORD} }`,
  ];
  return [
    ...['version: 1', 'name: rack', 'host:', `  root: { passwordHash: "${LAB_HASH}" }`],
    '  disks: { system: { match: { serial: "KRONOS-RACK-*" }, count: 1 } }',
    '  network: { management: { interface: { match: { driver: e1000 } } } }',
    `  toolstack: ${toolstack}`,
    '  boot:',
    '    kernelArguments:',
    '      - systemd.default_timeout_start_sec=600',
    '      - systemd.default_device_timeout_sec=600',
    'hosts:',
    ...machines.map((machine) => `  ${nameOf(machine)}: { mac: "${macOf(machine)}" }`),
    ...(toolstack === 'xapi' ? pool : []),
    'rollout: { canary: 0, approval: none, silence: 3600 }',
    '',
  ].join('\n');
}
