// The media that `kronos build` makes, booted: firmware finds them, Xen starts, dom0 runs every recipe's checks.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SelfTest } from '../../src/appliance/check-run.ts';
import type { Firmware, Medium } from '../../src/lab/machine-options.ts';
import { bootMedium, type Machine } from './machine.ts';
import { copyPxeTree, findIso, flipByte, FULL } from './media.ts';

/** Port of the image server; the guest sees it as 10.0.2.2. */
const PORT = 18930;

/** GRUB's menu on the serial line, and the letter of the self-test. */
const MENU = /Self-test/;
const SELF_TEST = 't';

/** Those of the long matrix. */
const longTest = FULL ? test : test.skip;

interface Scenario {
  firmware: Firmware;
  attach: Medium['attach'];
  edition?: string;
  /** Without it the scenario belongs to the long matrix. */
  smoke?: boolean;
}

const MATRIX: readonly Scenario[] = [
  // As a CD in a BIOS machine it is started by the test of installations as well.
  { firmware: 'bios', attach: 'cdrom' },
  { firmware: 'uefi', attach: 'usb', smoke: true },
  { firmware: 'bios', attach: 'usb' },
  { firmware: 'uefi', attach: 'cdrom' },
  { firmware: 'bios', attach: 'cdrom', edition: 'debian-12' },
  { firmware: 'uefi', attach: 'usb', edition: 'debian-12' },
];

for (const { firmware, attach, edition = 'debian-13', smoke } of MATRIX) {
  if (smoke !== true && !FULL) continue;
  test(`${edition}: the ISO boots Xen, ${firmware}, as ${attach}`, async (t) => {
    const machine = await bootMedium({
      name: t.title,
      firmware,
      medium: { path: await findIso(edition), attach },
    });
    t.teardown(machine.stop);
    await startSelfTest(machine);
    checkReport(t, await machine.selfTest(), 'xen', edition);
  });
}

test('the network boot tree boots Xen through UEFI and GRUB', async (t) => {
  const machine = await bootFromNetwork(t, 'uefi', 'grubx64.efi');
  await startSelfTest(machine);
  checkReport(t, await machine.selfTest(), 'xen', 'debian-13');
  const layers = machine.requests.filter((request) => request.path.endsWith('.squashfs'));
  t.true(layers.length >= 3, 'the layers came over HTTP');
});

longTest('the network boot tree boots Xen through BIOS and iPXE', async (t) => {
  const machine = await bootFromNetwork(t, 'bios', 'boot.ipxe');
  await machine.expect(/Self-test/, 300);
  await machine.type(SELF_TEST);
  checkReport(t, await machine.selfTest(), 'xen', 'debian-13');
});

test('a layer with one flipped byte is refused over the network, and the screen says so', async (t) => {
  const tree = await copyPxeTree(PORT);
  t.teardown(() => rm(tree, { recursive: true }));
  await flipByte(join(tree, 'layers/host.squashfs'));
  const machine = await bootFromNetwork(t, 'bios', 'boot.ipxe', tree);
  await machine.expect(/Rescue shell|Self-test/, 300);
  // Without Xen: the boot script is the same, and it is reached sooner.
  await machine.type('n');
  await machine.expect(/KRONOS-BOOT\/digest-mismatch/, 600);
  const screen = (await machine.screen()).join('\n');
  t.regex(screen, /host/);
  t.regex(screen, /expected/i);
});

longTest(
  'a layer that is cut short on the server is refused after all attempts, and the screen says so',
  async (t) => {
    const tree = await copyPxeTree(PORT);
    t.teardown(() => rm(tree, { recursive: true }));
    const layer = join(tree, 'layers/host.squashfs');
    const whole = await readFile(layer);
    await rm(layer);
    await writeFile(layer, whole.subarray(0, whole.length - 1000));
    const machine = await bootFromNetwork(t, 'bios', 'boot.ipxe', tree);
    await machine.expect(/Rescue shell|Self-test/, 300);
    await machine.type('n');
    await machine.expect(/KRONOS-BOOT\/download-failed/, 1200);
    const screen = (await machine.screen()).join('\n');
    t.regex(screen, /host\.squashfs/);
    t.true(screen.includes(`of ${whole.length} bytes`), screen);
  },
);

async function bootFromNetwork(
  t: ExecutionContext,
  firmware: Firmware,
  bootfile: string,
  tree?: string,
): Promise<Machine> {
  const directory = tree ?? (await copyPxeTree(PORT));
  if (tree === undefined) t.teardown(() => rm(directory, { recursive: true }));
  const machine = await bootMedium({
    name: t.title,
    firmware,
    redirect: firmware === 'bios',
    bootFrom: 'network',
    nics: [{ model: 'e1000', link: { type: 'user', tftp: directory, bootfile } }],
    http: { directory, port: PORT },
  });
  t.teardown(machine.stop);
  return machine;
}

async function startSelfTest(machine: Machine): Promise<void> {
  await machine.expect(MENU, 300);
  await machine.type(SELF_TEST);
}

function checkReport(
  t: ExecutionContext,
  report: SelfTest,
  boot: SelfTest['boot'],
  edition: string,
): void {
  const failed = report.checks.filter((check) => !check.ok && !check.skipped);
  t.deepEqual(
    failed.map((check) => `${check.name}: ${check.output}`),
    [],
  );
  t.is(report.boot, boot);
  t.is(report.edition, edition);
  const names = report.checks.filter((check) => check.ok).map((check) => check.name);
  for (const name of [
    'xl-info',
    'ovs-answers',
    'lvm-answers',
    'nfs-tools',
    'iscsi-tools',
    'multipath-answers',
  ]) {
    t.true(names.includes(name), `${name} ran and held`);
  }
}
