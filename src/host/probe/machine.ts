// From DMI, /proc and Xen to what the inventory says of the machine as a whole. Pure: the effects are in probe.ts.
import type { Inventory } from '../inventory.ts';

export interface MachineFacts {
  /** Attributes of /sys/class/dmi/id by name; some only root can read. */
  dmi: Readonly<Record<string, string | undefined>>;
  /** /sys/firmware/efi is there. */
  efi: boolean;
  /** Text of /proc/meminfo. */
  meminfo: string;
  /** Text of /proc/cpuinfo. */
  cpuinfo: string;
  /** /sys/hypervisor/type says xen. */
  xen: boolean;
  /** What `xl info` prints, where it runs. */
  xlInfo: string | undefined;
}

/** What makers leave in the fields that they were to fill in. */
const PLACEHOLDER =
  /^(?:to be filled(?: in)? by o\.?e\.?m\.?|default string|not (?:specified|applicable|available|present)|none|n\/a|unknown|empty|oem|o\.e\.m\.|(?:system |chassis )?(?:serial number|product name|manufacturer|asset[ -]?tag)|no asset (?:tag|information)|asset-?1234567890|0?123456789|1234567890|[0x.\s-]+|f+(?:-f+)*)$/i;

/** What the machine is, how much memory and how many threads it has. */
export function makeMachine(facts: MachineFacts): Inventory['machine'] {
  const { dmi, cpuinfo, xlInfo } = facts;
  const model = /^model name\s*:\s*(.+)$/m.exec(cpuinfo)?.[1]?.replaceAll(/\s+/g, ' ').trim();
  // dom0 sees only its own part of memory and threads.
  const total = numberOf(xlInfo, 'total_memory');
  const free = /^MemTotal:\s*(\d+) kB$/m.exec(facts.meminfo)?.[1];
  const own = cpuinfo.match(/^processor\s*:/gm)?.length;
  return {
    ...known('vendor', dmi['sys_vendor']),
    ...known('product', dmi['product_name']),
    ...known('serial', dmi['product_serial']),
    ...known('uuid', dmi['product_uuid']?.toLowerCase()),
    ...known('assetTag', dmi['chassis_asset_tag']),
    firmware: facts.efi ? 'uefi' : 'bios',
    memory: total === undefined ? Number(free ?? 0) * 1024 : total * 2 ** 20,
    cpus: Math.max(1, numberOf(xlInfo, 'nr_cpus') ?? own ?? 1),
    ...(model === undefined ? {} : { cpuModel: model }),
    xen: facts.xen,
  };
}

function numberOf(xlInfo: string | undefined, key: string): number | undefined {
  const value = new RegExp(`^${key}\\s*:\\s*(\\d+)$`, 'm').exec(xlInfo ?? '')?.[1];
  return value === undefined ? undefined : Number(value);
}

function known<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  const text = value?.trim() ?? '';
  return text === '' || PLACEHOLDER.test(text) ? {} : ({ [key]: text } as Record<K, string>);
}
