// What must never happen, seen in the live system: another disk written, a host overwritten, state lost.
import { randomBytes } from 'node:crypto';
import test from 'ava';
import { temporaryDirectory } from '../temporary.ts';
import { digestFile } from './digest-file.ts';
import { DISK_SIZE, makeDisk } from './disk.ts';
import { holdsText } from './find-bytes.ts';
import { hostText } from './host-text.ts';
import {
  addKernelArguments,
  installUnattended,
  putFile,
  resumeLive,
  sharedLive,
  type PluggedDisk,
} from './live.ts';
import { writeAt } from './write-at.ts';

/** A password that must be nowhere afterwards. */
const CANARY = 'canary-of-a-person';

const USERS = ['users:', `  - { name: ops, password: ${CANARY} }`];

/** The brackets keep the search from finding itself. */
const LOOK = `look() { grep -a -q "canary-of-a-p[e]rson" && echo "found it in $1"; }
journalctl --no-pager | look journal
cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | look processes
find /var/log /tmp /root /run/kronos -type f -exec cat {} + 2>/dev/null | look files
kronos-install --bundle /run/bundle.tar.gz >/dev/null || echo "no bundle"
zcat /run/bundle.tar.gz | look bundle
`;

test('of six disks one is written, a second run refuses, and a reinstallation keeps state and storage', async (t) => {
  const directory = await temporaryDirectory(t);
  const disks = await makeSix(directory);
  const others = disks.slice(1);
  const before = await Promise.all(others.map(({ path }) => digestFile(path)));
  const machine = await resumeLive(t.title, await sharedLive());
  t.teardown(machine.stop);
  // The right one is not the first.
  for (const disk of [...others.slice(0, 1), ...disks.slice(0, 1), ...others.slice(1)])
    await machine.plug(disk);
  // USB takes its time.
  await machine.shell('until lsblk -dno SERIAL | grep -q LAB-34; do sleep 1; done', 60);
  await machine.shell('udevadm settle; lsblk -o NAME,SIZE,TRAN,SERIAL', 60);
  await addKernelArguments(machine, 'kronos.after=shell');

  const text = hostText({ serial: 'KRONOS-LAB-3', more: USERS });
  const first = await installUnattended(machine, text);
  t.is(first.code, 0, first.output);
  t.regex(first.output, /Kronos is installed on vd[a-c]/);
  await putFile(machine, '/run/look.sh', LOOK);
  const looked = (await machine.shell('sh /run/look.sh; sync', 120)).output;
  t.notRegex(looked, /found it|no bundle/);
  t.false(await holdsText(disks[0]?.path ?? '', CANARY), 'the password is nowhere on the disk');

  const second = await installUnattended(machine, hostText({ serial: 'KRONOS-LAB-3' }));
  t.is(second.code, 5);
  t.regex(second.output, /host\/already-installed/);

  await machine.shell('mount /dev/disk/by-partlabel/kronos-state /mnt');
  await machine.shell('echo kept >/mnt/root/mine; umount /mnt');
  const pattern = 'dd if=/dev/disk/by-partlabel/kronos-storage bs=1M count=4 status=none | md5sum';
  await machine.shell('dd if=/dev/urandom of=/dev/disk/by-partlabel/kronos-storage bs=1M count=4');
  const stored = digestIn((await machine.shell(pattern)).output);
  const again = await installUnattended(machine, hostText({ serial: 'KRONOS-LAB-3' }), [
    '--reinstall',
  ]);
  t.is(again.code, 0, again.output);
  await machine.shell('mount /dev/disk/by-partlabel/kronos-state /mnt');
  t.regex((await machine.shell('cat /mnt/root/mine')).output, /^kept/m);
  t.is(digestIn((await machine.shell(pattern)).output), stored);

  await machine.stop();
  const after = await Promise.all(others.map(({ path }) => digestFile(path)));
  t.deepEqual(after, before, 'disks that are not in the plan are as they were');
});

/** One to install on, in the middle; beside it a twin, foreign systems, and what comes and goes. */
async function makeSix(directory: string): Promise<PluggedDisk[]> {
  const make = async (
    serial: string,
    bus: PluggedDisk['bus'],
    size: number,
  ): Promise<PluggedDisk> => {
    const path = await makeDisk(directory, serial, size);
    // Something that would be missed: at the start, in the middle and at the end.
    for (const place of [0, size / 2, size - 65_536])
      await writeAt(path, randomBytes(65_536), place);
    return { path, bus, serial };
  };
  const mebibyte = 1024 * 1024;
  return [
    { path: await makeDisk(directory, 'target'), bus: 'virtio', serial: 'KRONOS-LAB-3' },
    await make('KRONOS-LAB-30', 'virtio', DISK_SIZE),
    await make('KRONOS-LAB-31', 'virtio', 512 * mebibyte),
    await make('KRONOS-LAB-32', 'nvme', 512 * mebibyte),
    await make('KRONOS-LAB-33', 'nvme', 512 * mebibyte),
    await make('KRONOS-LAB-34', 'usb', 512 * mebibyte),
  ];
}

function digestIn(output: string): string | undefined {
  return /^([0-9a-f]{32}) /m.exec(output)?.[1];
}
