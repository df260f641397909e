// Rules that hold on the way through the screens: what is chosen is what is meant, nothing is erased that was not typed.
import test from 'ava';
import fc from 'fast-check';
import type { Disk } from '../../../src/host/inventory.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { contentOf } from '../../../src/host/select/clauses.ts';
import { resolveDisks } from '../../../src/host/select/resolve.ts';
import type { Preset } from '../../../src/installer/ui/state.ts';
import { disksOf } from '../../../src/installer/plan/plan.ts';
import { readMachine } from '../../host/machines.ts';
import { drive, driveMachine, HASH, type Driver } from './drive.ts';

const REST = `ENTER ENTER ENTER 'xen01' ENTER ENTER 'secret' ENTER 'secret' ENTER ENTER`;

function answerRest(driver: Driver): void {
  driver.keys(REST);
  driver.event({ type: 'hashed', hash: HASH });
}

test('only the hash of a password stays in the state, and nothing of it on the way back', async (t) => {
  const driver = await driveMachine('two-nvme-equal');
  driver.keys(`ENTER ENTER ENTER ENTER ${REST.replaceAll('secret', 'hunter2')}`);
  t.false(JSON.stringify(driver.state()).includes('hunter2'));
  t.deepEqual(
    driver.effects().filter(({ type }) => type === 'hash'),
    [{ type: 'hash', password: 'hunter2' }],
  );
  driver.event({ type: 'hashed', hash: HASH });
  t.is(driver.state().page, 'summary');
  driver.keys(`ESC 'hunter2' ENTER 'hun' ESC`);
  t.is(driver.state().page, 'timezone');
  t.false(JSON.stringify(driver.state()).includes('hun'));
});

test('keys while something is being done are not kept for later', async (t) => {
  const driver = await driveMachine('two-nvme-equal');
  driver.keys(`ENTER ENTER ENTER ENTER ${REST} ENTER ENTER ENTER`);
  driver.event({ type: 'hashed', hash: HASH });
  t.is(driver.state().page, 'summary');
  t.deepEqual(
    driver.effects().filter(({ type }) => type === 'install'),
    [],
  );
});

test('a disk with something on it is not erased before that is typed', async (t) => {
  const driver = await driveMachine('windows-dual');
  driver.keys('ENTER ENTER ENTER');
  t.is(driver.state().page, 'erase');
  for (const wrong of ['ENTER', `'y' ENTER`, `C-U 'nvme0n1 sda' ENTER`, `C-U 'sda' ENTER`]) {
    driver.keys(wrong);
    t.is(driver.state().page, 'erase');
  }
  driver.keys(`C-U 'nvme0n1' ENTER`);
  t.is(driver.state().page, 'card');
  answerRest(driver);
  driver.keys('ENTER');
  const [effect] = driver.effects().filter(({ type }) => type === 'install');
  if (effect?.type !== 'install') throw new Error('nothing is installed');
  t.is(effect.request.hostFile.disks.system.existing, 'erase');
});

test('what is on a disk changed after it was typed: it must be typed again', async (t) => {
  const inventory = await readMachine('windows-dual');
  const driver = drive(inventory);
  driver.keys(`ENTER ENTER ENTER 'erase' ENTER F5`);
  const disks = inventory.disks.map((disk) => ({ ...disk, contents: disk.contents.slice(0, 2) }));
  driver.event({ type: 'probed', inventory: { ...inventory, disks } });
  answerRest(driver);
  driver.effects();
  driver.keys('ENTER');
  t.is(driver.state().page, 'erase');
  t.deepEqual(driver.effects(), []);
  driver.keys(`'erase' ENTER`);
  t.deepEqual(
    driver.effects().map(({ type }) => type),
    ['install'],
  );
});

test('a disk that is gone, or another one under its name, is no longer chosen', async (t) => {
  const inventory = await readMachine('two-nvme-equal');
  const driver = drive(inventory);
  driver.keys('ENTER ENTER SPACE DOWN SPACE F5');
  const [first, second] = inventory.disks;
  if (first === undefined || second === undefined) throw new Error('two disks');
  driver.event({
    type: 'probed',
    inventory: { ...inventory, disks: [{ ...first, serial: 'OTHER' }, second] },
  });
  t.deepEqual(driver.state().answers.system, ['nvme1n1']);
  driver.keys('F5');
  driver.event({ type: 'probed', inventory: { ...inventory, disks: [] } });
  t.deepEqual(driver.state().answers.system, []);
  t.regex(driver.screen(), /This machine has no disk/);
});

test('a reinstallation takes the disks of the host and erases nothing', async (t) => {
  const driver = await driveMachine('kronos-installed-raid1');
  driver.keys('DOWN ENTER ENTER');
  t.is(driver.state().page, 'card');
  const { mode, system } = driver.state().answers;
  t.deepEqual({ mode, system }, { mode: 'reinstall', system: ['nvme0n1', 'nvme1n1'] });
  driver.keys('ESC ESC UP ENTER ENTER');
  t.is(driver.state().page, 'system');
  t.deepEqual(driver.state().answers.system, []);
});

async function presetFor(existing: string): Promise<Preset> {
  const text = [
    'version: 1',
    'hostname: xen01',
    `root: { passwordHash: "${HASH}" }`,
    `disks: { system: { match: { model: WD* }, existing: ${existing} } }`,
    'network: { management: { interface: { match: { link: true } } } }',
    '',
  ].join('\n');
  const { hostFile } = await parseHostFile(text, 'host.yaml');
  return { name: 'host.yaml', text, hostFile, mode: 'install' };
}

test('a host file that was found is shown; what it erases is typed before anything starts', async (t) => {
  const inventory = await readMachine('windows-dual');
  const driver = drive(inventory, await presetFor('erase'));
  t.regex(driver.screen(), /The plan for host\.yaml[^]*nvme0n1 WILL BE ERASED[^]*>\[ Install \]</);
  driver.keys('ENTER');
  t.is(driver.state().page, 'erase');
  t.deepEqual(driver.effects(), []);
  driver.keys(`'nvme0n1' ENTER`);
  const [effect] = driver.effects();
  if (effect?.type !== 'install') throw new Error('nothing is installed');
  t.deepEqual(
    disksOf(effect.request.plan).map(({ name }) => name),
    ['nvme0n1'],
  );
});

test('a host file that does not fit the machine says why, and the questions are one key away', async (t) => {
  const driver = drive(await readMachine('windows-dual'), await presetFor('refuse'));
  t.regex(driver.screen(), /something is on nvme0n1/);
  driver.keys('ENTER');
  t.deepEqual(driver.effects(), []);
  driver.keys('ESC RIGHT ENTER');
  t.is(driver.state().page, 'welcome');
  t.regex(driver.screen(), /Install on this machine/);
});

const MACHINES = [
  'dell-r650-nvme', 'hp-dl380-sas', 'kronos-installed', 'lvm-foreign', 'multipath-san', 'multipath-unassembled', 'only-usb',
  'raid-leftovers', 'sectors-4k', 'six-disks', 'two-nvme-equal', 'virtual-clones', 'virtual-virtio', 'whitebox-sata-usb',
  'windows-dual', 'zfs-pool',
]; // prettier-ignore

test('whatever keys are pressed, a plan means the marked disks, and none of them that may not be', async (t) => {
  const machines = await Promise.all(MACHINES.map(readMachine));
  const word = fc.constantFrom(
    ...[
      'UP',
      'DOWN',
      'SPACE',
      'ENTER',
      'ESC',
      'PGUP',
      'PGDN',
      'HOME',
      'END',
      'F1',
      'TAB',
      'LEFT',
      'RIGHT',
    ],
    ...['F5', 'BACKSPACE', 'C-L', `'erase'`, `'xen01'`, `'x'`, `'10.0.0.2/24'`],
  );
  let plans = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...machines),
      fc.array(word, { maxLength: 25 }),
      fc.array(fc.constantFrom('UP', 'DOWN', 'SPACE'), { maxLength: 8 }),
      (inventory, before, marks) => {
        const driver = drive(inventory);
        const press = (keys: string): void => {
          driver.keys(keys);
          if (driver.state().waiting === '') return;
          for (const effect of driver.effects()) {
            if (effect.type === 'hash') driver.event({ type: 'hashed', hash: HASH });
            if (effect.type === 'probe') driver.event({ type: 'probed', inventory });
          }
        };
        for (const one of before) {
          press(one);
          const lines = driver.screen().split('\n');
          t.true(lines.length === 25 && lines.every((line) => line.length <= 80));
          if (driver.state().waiting !== '') return;
        }
        driver.keys('ESC ESC ESC ESC ESC ESC ESC ESC ESC ESC ESC ESC HOME ENTER ENTER');
        if (driver.state().page !== 'system') return;
        driver.keys(marks.join(' '));
        driver.keys('ENTER');
        if (driver.state().page === 'storage') driver.keys(`${marks.join(' ')} ENTER`);
        if (driver.state().page === 'erase') driver.keys(`C-U 'erase' ENTER`);
        if (driver.state().page !== 'card') return;
        answerRest(driver);
        driver.effects();
        driver.keys('HOME ENTER');
        const [effect] = driver.effects();
        if (effect?.type !== 'install') return;
        plans += 1;
        const { answers } = driver.state();
        const { hostFile, plan } = effect.request;
        const planned = disksOf(plan).map(({ name }) => name);
        t.deepEqual([...planned].sort(), [...answers.system, ...answers.storage].sort());
        const resolved = resolveDisks(hostFile.disks, inventory);
        t.deepEqual(resolved.system.map(({ name }) => name).sort(), [...answers.system].sort());
        for (const disk of inventory.disks)
          if (planned.includes(disk.name)) t.true(mayBeUsed(disk));
        const full = inventory.disks.filter(
          (disk) => planned.includes(disk.name) && contentOf(disk) !== 'empty',
        );
        t.true(answers.erase.length >= full.length);
      },
    ),
    { numRuns: 60 },
  );
  t.true(plans > 5, `${plans} plans were made`);
});

function mayBeUsed(disk: Disk): boolean {
  const inUse = disk.bootMedium || disk.readOnly || disk.size === 0 || disk.mounts.length > 0;
  return !inUse && disk.multipath === undefined;
}
