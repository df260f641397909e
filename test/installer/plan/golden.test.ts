// What is planned on machines of all kinds, and how what cannot be planned is told.
import { relative } from 'node:path';
import test from 'ava';
import { formatError } from '../../../src/common/error.ts';
import type { Inventory } from '../../../src/host/inventory.ts';
import { describePlan } from '../../../src/installer/plan/describe.ts';
import { digestPlan, requireApproved } from '../../../src/installer/plan/plan.ts';
import { compareWithGolden } from '../../golden.ts';
import { HOSTS, planCase, type PlanCase } from './machines.ts';

const bios = (machine: Inventory): void => {
  machine.machine.firmware = 'bios';
};

const writable = ({ disks }: Inventory): void => {
  for (const disk of disks) disk.readOnly = false;
};

/** Plans; the texts are golden files of the same name. */
const PLANNED: Readonly<Record<string, PlanCase & { json?: true }>> = {
  'nvme-beside-sata-and-usb': { machine: 'whitebox-sata-usb', host: 'nvme', json: true },
  'erase-data': { machine: 'whitebox-sata-usb', host: 'sda-erase' },
  'erase-raid-leftovers': { machine: 'raid-leftovers', host: 'mirror-erase', json: true },
  'smallest-beside-raid': { machine: 'raid-leftovers', host: 'any-eno1-smallest' },
  'local-beside-multipath': { machine: 'multipath-san', host: 'local-sata' },
  'sectors-4k': { machine: 'sectors-4k', host: 'with-storage-disk', json: true },
  'no-link': { machine: 'no-link', host: 'any-eno1' },
  'erase-installed': { machine: 'kronos-installed', host: 'nvme-first-erase' },
  reinstall: { machine: 'kronos-installed', host: 'nvme-first', mode: 'reinstall', json: true },
  'reinstall-mirror': {
    ...{ machine: 'kronos-installed-raid1', host: 'mirror', mode: 'reinstall', json: true },
  },
  mirror: { machine: 'two-nvme-equal', host: 'mirror' },
  'mirror-of-two-sizes': { machine: 'hp-dl380-sas', host: 'sizes-differ' },
  'mirror-and-shelf': { machine: 'hp-dl380-sas', host: 'shelf' },
  largest: { machine: 'virtual-virtio', host: 'largest', json: true },
  smallest: { machine: 'virtual-virtio', host: 'smallest' },
  'bond-vlan-static': { machine: 'dell-r650-nvme', host: 'bond-vlan', json: true },
  'small-8-gb': { machine: 'six-disks', host: 'small', change: writable },
  'swap-and-sizes': { machine: 'whitebox-sata-usb', host: 'swap-and-sizes' },
  'one-slot': { machine: 'whitebox-sata-usb', host: 'one-slot' },
  'no-storage': { machine: 'whitebox-sata-usb', host: 'no-storage' },
  'erase-lvm': { machine: 'lvm-foreign', host: 'pve-erase' },
  'erase-zfs-behind-2-tib': { machine: 'zfs-pool', host: 'zfs-erase' },
  'clone-by-path': { machine: 'virtual-clones', host: 'clone-by-path' },
  'sectors-of-several-sizes': {
    machine: 'six-disks',
    host: 'virtio-system',
    change: ({ disks }) => {
      for (const disk of disks) disk.logicalSector = 4096;
    },
  },
};

/** What cannot be planned. */
const REFUSED: Readonly<Record<string, PlanCase>> = {
  'data-on-disk': { machine: 'whitebox-sata-usb', host: 'sda' },
  'raid-member': { machine: 'raid-leftovers', host: 'big' },
  'multipath-map': { machine: 'multipath-san', host: 'fibre' },
  'multipath-twins': { machine: 'multipath-unassembled', host: 'fibre' },
  'sectors-4k-bios': { machine: 'sectors-4k', host: 'with-storage-disk', change: bios },
  'no-disk': { machine: 'no-disk', host: 'any-link-one-card' },
  'too-small': { machine: 'too-small', host: 'virtio-system' },
  'only-the-stick': { machine: 'only-usb', host: 'any-link' },
  'no-link-wanted': { machine: 'no-link', host: 'any-link' },
  'already-installed': { machine: 'kronos-installed', host: 'nvme-first' },
  'reinstall-half-a-mirror': {
    ...{ machine: 'kronos-installed-raid1', host: 'nvme-first', mode: 'reinstall' },
  },
  'reinstall-foreign': { machine: 'windows-dual', host: 'nvme-first', mode: 'reinstall' },
  'reinstall-empty': { machine: 'two-nvme-equal', host: 'nvme-first', mode: 'reinstall' },
  'reinstall-other-sizes': {
    ...{ machine: 'kronos-installed', host: 'nvme-first-sizes', mode: 'reinstall' },
  },
  tie: { machine: 'two-nvme-equal', host: 'smallest' },
  'too-few-cards': { machine: 'dell-r650-nvme', host: 'few-cards' },
  'networks-overlap': { machine: 'dell-r650-nvme', host: 'networks-overlap' },
  'no-card': {
    machine: 'two-nvme-equal',
    host: 'mirror',
    change: (machine) => {
      machine.interfaces = [];
    },
  },
  'no-room-for-two-slots': { machine: 'six-disks', host: 'small-two-slots', change: writable },
  'no-room-for-storage': { machine: 'six-disks', host: 'small-full', change: writable },
  'sizes-too-large': { machine: 'whitebox-sata-usb', host: 'sizes-too-large' },
  'sizes-too-small': { machine: 'whitebox-sata-usb', host: 'sizes-too-small' },
  'other-plan-approved': { machine: 'whitebox-sata-usb', host: 'approved' },
  'other-toolstack': { machine: 'whitebox-sata-usb', host: 'xapi', toolstack: 'xl' },
  'dom0-too-large': { machine: 'virtual-virtio', host: 'dom0-too-large' },
  'memory-too-small': {
    machine: 'virtual-virtio',
    host: 'largest',
    change: ({ machine }) => {
      machine.memory = 1000 * 2 ** 20;
    },
  },
  'several-mistakes': { machine: 'hp-dl380-sas', host: 'nothing-fits' },
};

for (const [name, { json, ...one }] of Object.entries(PLANNED)) {
  test(`planned: ${name}`, async (t) => {
    const { plan, hostFile } = await planCase(one);
    t.notThrows(() => {
      requireApproved(plan, hostFile);
    });
    const text = describePlan(plan);
    for (const line of text.split('\n')) t.regex(line, /^[ -~]{0,80}$/);
    await compareWithGolden(t, import.meta.url, `${name}.txt`, text);
    if (json !== true) return;
    const data = JSON.stringify({ digest: digestPlan(plan), plan }, undefined, 2);
    await compareWithGolden(t, import.meta.url, `${name}.json`, `${data}\n`);
  });
}

for (const [name, one] of Object.entries(REFUSED)) {
  test(`refused: ${name}`, async (t) => {
    const error = await t.throwsAsync(async () => {
      const { plan, hostFile } = await planCase(one);
      requireApproved(plan, hostFile);
    });
    const text = formatError(error).replaceAll(HOSTS, relative(process.cwd(), HOSTS));
    t.notRegex(text, /internal\//);
    await compareWithGolden(t, import.meta.url, `${name}.txt`, `${text}\n`);
  });
}
