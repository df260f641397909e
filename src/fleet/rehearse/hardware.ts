// The machines of a rehearsal: one for each host of the fleet, made so that the fleet file knows it.
import type { Hello } from '../../host/fleet/messages.ts';
import type { Inventory } from '../../host/inventory.ts';
import type { Fleet, FleetHost } from '../file/fleet.ts';
import type { MachineId } from '../state/event.ts';
import { createRandom, pick } from './random.ts';

export interface Hardware {
  mac: MachineId;
  /** The host that it stands for; the fleet file need not know it by name. */
  name: string;
  /** What starts it from the network. */
  loader: 'grub' | 'ipxe';
  facts: Hello['facts'];
  inventory: Inventory;
}

const GB = 1e9;

/**
 * A machine for each host. Those that are known by the order of their appearance get what no other host asks for, and
 * which of them is which host is seen only when they appear.
 */
export function makeHardware(fleet: Fleet, seed: number): Hardware[] {
  return fleet.hosts.map((host, index) => makeMachine(host, index, seed));
}

function makeMachine({ name, identity }: FleetHost, index: number, seed: number): Hardware {
  const random = createRandom(seed, 'hardware', name);
  // Addresses of this kind are handed out by no maker.
  const mac = 'mac' in identity ? identity.mac : address(0x02, index);
  const serial = 'serial' in identity ? identity.serial : `SIM${String(index).padStart(6, '0')}`;
  const assetTag = 'assetTag' in identity ? identity.assetTag : undefined;
  const uuid = `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
  const firmware = pick(random, ['uefi', 'bios'] as const);
  const product = pick(random, ['Simulated 1U', 'Simulated 2U'] as const);
  const size = pick(random, [480 * GB, 960 * GB] as const);
  return {
    ...{ mac, name, loader: pick(random, ['grub', 'ipxe'] as const) },
    facts: {
      ...{ serial, uuid, product },
      ...(assetTag === undefined ? {} : { asset_tag: assetTag }),
    },
    inventory: {
      ...{ format: 'kronos-inventory', version: 1 },
      machine: {
        ...{ vendor: 'Kronos', product, serial, uuid, firmware, xen: true },
        ...(assetTag === undefined ? {} : { assetTag }),
        ...{ memory: 256 * GB, cpus: 64, cpuModel: 'Simulated' },
      },
      disks: ['sda', 'sdb'].map((disk) => ({
        ...{ name: disk, links: [`/dev/disk/by-id/ata-SIM_${serial}-${disk}`], size },
        ...{ logicalSector: 512, physicalSector: 4096, vendor: 'ATA', model: 'SIM' },
        ...{ serial: `${serial}-${disk}`, transport: 'sata' as const, rotational: false },
        ...{ removable: false, readOnly: false, contents: [], mounts: [], holders: [] },
        bootMedium: false,
      })),
      interfaces: [mac, address(0x06, index)].map((card, number) => ({
        ...{ name: `eth${number}`, mac: card, path: `0000:01:00.${number}`, driver: 'ixgbe' },
        ...{ link: true, speed: 10_000 },
      })),
    },
  };
}

function address(first: number, index: number): string {
  const bytes = [first, 0x51, 0x4d, (index >> 16) & 255, (index >> 8) & 255, index & 255];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
