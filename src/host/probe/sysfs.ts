// Reading what the kernel shows as files; an attribute that is not there or cannot be read is not known.
import { open, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { constants } from 'node:fs';
import { basename, join } from 'node:path';
import { systemCode } from '../../common/error.ts';
import type { DiskAttributes } from './disks.ts';
import type { InterfaceFacts } from './interfaces.ts';

/** The text of a file without blanks around it, or undefined where there is none. */
export async function readAttribute(path: string): Promise<string | undefined> {
  // Besides missing ones there are attributes that answer EINVAL or EIO, such as the carrier of a card that is down.
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim() === '' ? undefined : text.trim();
}

/** Names in a directory, sorted; none where there is no such directory. */
export async function list(path: string): Promise<string[]> {
  return (await readdir(path).catch(() => [])).sort();
}

async function target(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

async function targetName(path: string): Promise<string | undefined> {
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? undefined : basename(link);
}

/** What sysfs says of a disk, by its kernel name. */
export async function readDiskAttributes(root: string, kname: string): Promise<DiskAttributes> {
  const base = join(root, 'sys/block', kname);
  const first = async (...names: string[]): Promise<string | undefined> => {
    for (const name of names) {
      const value = await readAttribute(join(base, name));
      if (value !== undefined) return value;
    }
    return undefined;
  };
  return {
    vendor: await first('device/vendor'),
    model: await first('device/model'),
    serial: await first('serial', 'device/serial'),
    wwid: await first('wwid', 'device/wwid'),
  };
}

/** The name of a partition in the GPT, as the kernel read it. */
export async function readPartitionName(root: string, kname: string): Promise<string | undefined> {
  const uevent = await readAttribute(join(root, 'sys/class/block', kname, 'uevent'));
  return /^PARTNAME=(.+)$/m.exec(uevent ?? '')?.[1];
}

/** Where a partition begins, in bytes; the kernel counts in 512 whatever the sectors of the disk are. */
export async function readPartitionStart(root: string, kname: string): Promise<number | undefined> {
  const start = await readAttribute(join(root, 'sys/class/block', kname, 'start'));
  return start !== undefined && /^\d+$/.test(start) ? Number(start) * 512 : undefined;
}

/** Links of disks that stay from one start to the next, by the kernel name that they lead to. */
export async function readLinks(root: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const kind of ['by-id', 'by-path']) {
    for (const name of await list(join(root, 'dev/disk', kind))) {
      const to = await targetName(join(root, 'dev/disk', kind, name));
      if (to !== undefined) found.set(to, [...(found.get(to) ?? []), `/dev/disk/${kind}/${name}`]);
    }
  }
  return found;
}

/** What sysfs says of every network interface. */
export async function readInterfaces(root: string): Promise<InterfaceFacts[]> {
  const base = join(root, 'sys/class/net');
  return Promise.all(
    (await list(base)).map(async (name): Promise<InterfaceFacts> => {
      const at = (path: string): string => join(base, name, path);
      const device = await target(at('device'));
      return {
        name,
        type: await readAttribute(at('type')),
        address: await readAttribute(at('address')),
        permanentAddress: await readAttribute(at('bonding_slave/perm_hwaddr')),
        carrier: await readAttribute(at('carrier')),
        speed: await readAttribute(at('speed')),
        device,
        driver: await targetName(at('device/driver')),
        bus: await targetName(at('device/subsystem')),
        vendor: await readAttribute(at('device/vendor')),
        model: await readAttribute(at('device/device')),
        wireless:
          (await target(at('wireless'))) !== undefined ||
          (await target(at('phy80211'))) !== undefined,
        virtualFunction: (await target(at('device/physfn'))) !== undefined,
      };
    }),
  );
}

/**
 * Whether the kernel refuses to give out a disk because something has it: a mount in another namespace, a pool, an
 * array. Nothing is written; the disk is let go of at once.
 */
export async function isBusy(path: string): Promise<boolean> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_EXCL | constants.O_NONBLOCK);
    await handle.close();
    return false;
  } catch (error) {
    return systemCode(error) === 'EBUSY';
  }
}
