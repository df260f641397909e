// What the installation wrote down for first boot: which cards and disks it decided on. The programs meet in this file.
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { KronosError, systemCode } from '../common/error.ts';
import { MANAGERS } from './adopt/configured.ts';

/** Written by kronos-install on the state partition. */
export const INSTALLED = '/etc/kronos/installed.json';

const disk = z.object({
  name: z.string(),
  size: z.number(),
  logicalSector: z.number(),
  vendor: z.string().optional(),
  model: z.string().optional(),
  serial: z.string().optional(),
  wwn: z.string().optional(),
  place: z.string().optional(),
});

/** Only what first boot needs; what else is in there is left alone. */
const schema = z.object({
  format: z.literal('kronos-installed'),
  version: z.string(),
  edition: z.string(),
  disks: z.object({
    system: z.object({ raid: z.boolean(), disks: z.array(disk) }),
    storage: z.array(z.object({ name: z.string(), disks: z.array(disk) })),
    networks: z
      .array(
        z.object({
          name: z.string(),
          interfaces: z.array(z.object({ name: z.string(), mac: z.string() })),
          /** By which the DHCP server knows the host: hexadecimal digits; left out: its card. */
          clientIdentifier: z.string().optional(),
        }),
      )
      .min(1),
  }),
  /** Of a host that was there before: `kronos-firstboot adopt` wrote this, and no installation. */
  adopted: z
    .object({
      /** Who configured its network. */
      manager: z.enum(MANAGERS),
      /** Bonds and VLANs of the kernel that Open vSwitch takes the place of; those above come first. */
      virtual: z.array(z.string()),
    })
    .optional(),
});

/** A disk as the installation knew it. */
export type InstalledDisk = z.output<typeof disk>;

export type Installed = z.output<typeof schema>;

/** Errors: `host/not-installed`, `input/installed-record`, those of node:fs. */
export async function readInstalled(path = INSTALLED): Promise<Installed> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new KronosError('host/not-installed', `there is no ${path}: this is no installed host`, {
      hint: 'install this host from a medium, or adopt the one that runs: kronos-firstboot adopt',
    });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new KronosError('input/installed-record', `${path} is not what kronos-install wrote`, {
      hint: 'bring it back from a backup, or install again with --reinstall, which keeps state and storage',
      cause: error,
    });
  }
}
