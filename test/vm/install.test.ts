// Installed by a host file, then started from the disk: what the ISO is for.
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findHostArea } from '../../src/builder/image/host-area.ts';
import { formatHostArea } from '../../src/host/area.ts';
import type { DiskBus, Firmware, Nic } from '../../src/lab/machine-options.ts';
import { temporaryDirectory } from '../temporary.ts';
import { hostText } from './host-text.ts';
import { bootMedium } from './machine.ts';
import { findIso, FULL } from './media.ts';
import { makeDisk } from './disk.ts';
import { writeAt } from './write-at.ts';

interface Scenario {
  firmware: Firmware;
  bus: DiskBus;
  raid?: boolean;
  smoke?: boolean;
}

const MATRIX: readonly Scenario[] = [
  { firmware: 'bios', bus: 'virtio', smoke: true },
  { firmware: 'uefi', bus: 'nvme', raid: true, smoke: true },
  { firmware: 'bios', bus: 'ahci', raid: true },
  { firmware: 'bios', bus: 'nvme' },
  { firmware: 'uefi', bus: 'virtio' },
  { firmware: 'uefi', bus: 'ahci' },
];

/** The card that the host file names, without a way out. */
const NICS: readonly Nic[] = [{ model: 'e1000', link: { type: 'user', isolated: true } }];

for (const { firmware, bus, raid = false, smoke } of MATRIX) {
  if (smoke !== true && !FULL) continue;
  const what = `${firmware}, ${raid ? 'two mirrored disks' : 'one disk'}, ${bus}`;
  test(`a host file in the ISO installs, and the disk boots Xen: ${what}`, async (t) => {
    const directory = await temporaryDirectory(t);
    const disks = await makeDisks(directory, raid ? 2 : 1);
    await installOn(t, { directory, firmware, bus, disks, raid });
    // Each half of a mirror must start alone; the second shows that it is no mere copy of the first's boot loader.
    const starts = raid ? disks.map((path) => [path]).reverse() : [disks];
    for (const alone of FULL ? starts : starts.slice(0, 1)) {
      const machine = await bootMedium({
        ...{ name: `${t.title}, boot`, firmware, bootFrom: 'disk', nics: NICS },
        disks: alone.map((path) => ({ path, bus, serial: serialOf(disks.indexOf(path)) })),
      });
      t.teardown(machine.stop);
      await machine.expect(/serial console/, 300);
      await machine.type('s');
      const report = await machine.selfTest();
      t.deepEqual(
        report.checks.filter(({ ok }) => !ok).map(({ name, why }) => `${name}: ${why ?? ''}`),
        [],
      );
      t.is(report.boot, 'xen');
      t.regex(machine.console.transcript(), /xen01 login:/);
      await machine.stop();
    }
  });
}

interface Installation {
  directory: string;
  firmware: Firmware;
  bus: DiskBus;
  disks: readonly string[];
  raid: boolean;
}

async function installOn(t: ExecutionContext, what: Installation): Promise<void> {
  const iso = join(what.directory, 'kronos.iso');
  await copyFile(await findIso(), iso);
  const area = await findHostArea(iso);
  await writeAt(iso, formatHostArea(hostText({ raid: what.raid })), area.offset);
  const machine = await bootMedium({
    ...{ name: `${t.title}, install`, firmware: what.firmware, exitOnReboot: true, nics: NICS },
    medium: { path: iso, attach: 'cdrom' },
    disks: what.disks.map((path, index) => ({ path, bus: what.bus, serial: serialOf(index) })),
  });
  t.teardown(machine.stop);
  // No key is pressed: the host file in the medium is enough.
  await machine.expect(/Kronos is installed on /);
  await machine.off(300);
  await machine.stop();
}

async function makeDisks(directory: string, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => makeDisk(directory, `disk${index}`)),
  );
}

function serialOf(index: number): string {
  return `KRONOS-LAB-${index}`;
}
