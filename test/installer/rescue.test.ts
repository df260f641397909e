// Rescue: which root file system is opened, and how.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { findRoot, openHost, type Device } from '../../src/installer/rescue.ts';
import { temporaryDirectory } from '../temporary.ts';

function disk(name: string, fstype: string, children: Device[] = []): Device {
  const root = { type: 'part', partlabel: 'kronos-root-a', fstype, children };
  return {
    ...{ path: `/dev/${name}`, type: 'disk', fstype: null, partlabel: null },
    children: [{ path: `/dev/${name}3`, ...root }],
  };
}

const ARRAY: Device = { path: '/dev/md127', type: 'raid1', fstype: 'ext4', partlabel: null };

test('one disk, a mirror that stands, a mirror that has to be put together', (t) => {
  t.deepEqual(findRoot([disk('sda', 'ext4')]), { device: '/dev/sda3', members: ['/dev/sda3'] });
  const member = 'linux_raid_member';
  const members = ['/dev/sda3', '/dev/sdb3'];
  t.deepEqual(findRoot([disk('sda', member, [ARRAY]), disk('sdb', member, [ARRAY])]), {
    ...{ device: '/dev/md127', members },
  });
  t.deepEqual(findRoot([disk('sda', member), disk('sdb', member)]), { device: undefined, members });
  t.deepEqual(findRoot([disk('sda', member)]).members, ['/dev/sda3']);
});

test('no host, and more than one', (t) => {
  const empty = { path: '/dev/sda', type: 'disk', fstype: null, partlabel: null };
  t.throws(() => findRoot([empty]), { code: 'host/no-host' });
  t.throws(() => findRoot([disk('sda', 'ext4'), disk('sdb', 'ext4')]), {
    code: 'host/several-hosts',
    message: 'more than one host is on the disks: /dev/sda3, /dev/sdb3',
  });
});

test('the host is opened with its state, once', async (t) => {
  const target = await temporaryDirectory(t);
  await mkdir(join(target, 'etc'));
  await writeFile(join(target, 'etc/hostname'), 'xen01\n');
  const calls: string[] = [];
  const runs = (mounted: string) => (argv: readonly string[]) => {
    if (argv[0] === 'findmnt') return Promise.resolve({ stdout: mounted });
    if (argv[0] === 'lsblk')
      return Promise.resolve({ stdout: JSON.stringify({ blockdevices: [disk('sda', 'ext4')] }) });
    calls.push(argv.join(' ').replaceAll(target, 'TARGET'));
    return Promise.resolve({ stdout: '' });
  };
  const text = await openHost(runs('/\n'), target);
  t.regex(text, /^The host xen01 is open below /);
  t.deepEqual(calls.slice(0, 2), [
    'mount /dev/sda3 TARGET',
    'mount --all --types noswap --fstab TARGET/etc/fstab --target-prefix TARGET',
  ]);
  calls.length = 0;
  t.regex(await openHost(runs(`/\n${target}\n`), target), /is still open below/);
  t.deepEqual(calls, []);
});
