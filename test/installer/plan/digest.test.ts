// What the digest of a plan covers, and what not: it is approved on one machine and checked on another.
import test from 'ava';
import type { Disk, Inventory } from '../../../src/host/inventory.ts';
import {
  digestPlan,
  isPlannedDisk,
  planInstall,
  requireApproved,
} from '../../../src/installer/plan/plan.ts';
import { planCase, type PlanCase } from './machines.ts';

const MIRROR: PlanCase = { machine: 'raid-leftovers', host: 'mirror-erase' };

async function digestOf(one: PlanCase): Promise<string> {
  return digestPlan((await planCase(one)).plan);
}

function disk({ disks }: Inventory, name: string): Disk {
  const found = disks.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** As after another start: the disks answered in another order. */
function swapNames(machine: Inventory, one: string, other: string): void {
  const [a, b] = [disk(machine, one), disk(machine, other)];
  [a.name, b.name] = [b.name, a.name];
  machine.disks.sort((x, y) => (x.name < y.name ? -1 : 1));
}

const SAME: Readonly<Record<string, (machine: Inventory) => void>> = {
  'disks of the mirror have changed names': (machine) => {
    swapNames(machine, 'sda', 'sdb');
  },
  'another disk has the name': (machine) => {
    swapNames(machine, 'sda', 'sdd');
  },
  'the cards were found in another order': ({ interfaces }) => {
    interfaces.reverse();
  },
  'a cable was plugged in elsewhere': ({ interfaces }) => {
    for (const card of interfaces.slice(1)) card.link = card.link !== true;
  },
  'memory was added': ({ machine }) => {
    machine.memory *= 2;
  },
  'Xen runs': ({ machine }) => {
    machine.xen = !machine.xen;
  },
  'a disk was added that no selector takes': (machine) => {
    machine.disks.push({ ...disk(machine, 'sdd'), name: 'sde', serial: 'NEW', wwn: '0x5000beef' });
  },
};

for (const [what, change] of Object.entries(SAME)) {
  test(`the digest is the same where ${what}`, async (t) => {
    t.is(await digestOf({ ...MIRROR, change }), await digestOf(MIRROR));
  });
}

const OTHER: Readonly<Record<string, (machine: Inventory) => void>> = {
  'something else is on a disk': (machine) => {
    disk(machine, 'sda').contents.pop();
  },
  'a file system was made anew': (machine) => {
    for (const content of disk(machine, 'sdb').contents) content.uuid &&= `${content.uuid}x`;
  },
  'a disk has another size': (machine) => {
    disk(machine, 'sda').size += 4096;
  },
  'a disk has another model': (machine) => {
    disk(machine, 'sda').model = 'OTHER';
  },
  'it is another machine': ({ machine }) => {
    machine.uuid = '00000000-0000-0000-0000-000000000001';
  },
  'the machine starts by another firmware': ({ machine }) => {
    machine.firmware = 'uefi';
  },
  'it is managed over another card': ({ interfaces }) => {
    const [card] = interfaces;
    if (card !== undefined) card.mac = '3c:ec:ef:00:00:01';
  },
};

for (const [what, change] of Object.entries(OTHER)) {
  test(`the digest is another where ${what}`, async (t) => {
    t.not(await digestOf({ ...MIRROR, change }), await digestOf(MIRROR));
  });
}

test('the digest is another where a disk has another serial number', async (t) => {
  const one: PlanCase = { machine: 'two-nvme-equal', host: 'mirror' };
  const change = (machine: Inventory): void => {
    disk(machine, 'nvme1n1').serial = 'S666NE0R000000';
  };
  t.not(await digestOf({ ...one, change }), await digestOf(one));
});

test('two disks without serial numbers are told apart by their places', async (t) => {
  const one: PlanCase = { machine: 'virtual-virtio', host: 'largest' };
  const swapped = await digestOf({
    ...one,
    change: (machine) => {
      swapNames(machine, 'vda', 'vdb');
    },
  });
  t.is(swapped, await digestOf(one));
  const moved = await digestOf({
    ...one,
    change: (machine) => {
      disk(machine, 'vdb').links = ['/dev/disk/by-path/pci-0000:00:09.0'];
    },
  });
  t.not(moved, await digestOf(one));
});

test('clones are told apart by their places as well', async (t) => {
  const { plan, inventory } = await planCase({ machine: 'virtual-clones', host: 'clone-by-path' });
  const [planned] = plan.system.disks;
  if (planned === undefined) throw new Error('no disk');
  t.true(isPlannedDisk(planned, disk(inventory, 'sdb')));
  t.false(isPlannedDisk(planned, disk(inventory, 'sda')));
});

test('mode and host file count, arguments of an image do not', async (t) => {
  const one: PlanCase = { machine: 'kronos-installed', host: 'nvme-first', mode: 'reinstall' };
  const { plan, hostFile, inventory } = await planCase(one);
  const digest = digestPlan(plan);
  t.not(await digestOf({ ...one, host: 'nvme-first-erase', mode: 'install' }), digest);
  const image = {
    xenArguments: ['ucode=scan'],
    kernelArguments: ['quiet'],
    toolstack: 'xl' as const,
  };
  t.is(digestPlan(planInstall(hostFile, inventory, image, 'reinstall')), digest);
  const other = { ...hostFile, timezone: 'Europe/Berlin' };
  t.not(digestPlan(planInstall(other, inventory, image, 'reinstall')), digest);
});

test('a host file can hold the digest of its own plan, whatever its passwords are', async (t) => {
  const { plan, hostFile, inventory } = await planCase(MIRROR);
  const image = { xenArguments: [], kernelArguments: [] };
  const approved = { ...hostFile, approve: digestPlan(plan) };
  const again = planInstall(approved, inventory, image);
  t.notThrows(() => {
    requireApproved(again, approved);
  });
  const withPassword = (password: string): string =>
    digestPlan(planInstall({ ...hostFile, root: { sshKeys: [], password } }, inventory, image));
  t.is(withPassword('one'), withPassword('another'));
  t.throws(
    () => {
      requireApproved(again, { ...approved, approve: '0'.repeat(64) });
    },
    { code: 'input/not-approved' },
  );
});

test('a plan holds no secrets', async (t) => {
  const { hostFile, inventory } = await planCase(MIRROR);
  const canary = 'canary-5be1';
  const secret = { ...hostFile, root: { ...hostFile.root, password: canary } };
  const plan = planInstall(secret, inventory, { xenArguments: [], kernelArguments: [] });
  t.false(JSON.stringify(plan).includes(canary));
});
