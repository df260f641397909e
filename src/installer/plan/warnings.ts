// What is allowed in a plan but will surprise.
import { KronosError } from '../../common/error.ts';
import { formatBytes } from '../../common/format.ts';
import type { Disk, Inventory } from '../../host/inventory.ts';
import { listed, plain } from '../../host/select/text.ts';
import type { Layout } from './layout.ts';
import { withoutLink, type PlannedNetwork } from './network.ts';

/** A warning as data; its code is catalogued like those of errors. */
export interface PlanWarning {
  code: string;
  message: string;
  hint: string;
}

interface Facts {
  firmware: Inventory['machine']['firmware'];
  /** The system disks. */
  disks: readonly Disk[];
  layout: Layout;
  networks: readonly PlannedNetwork[];
}

/** Of a mirror, more than this part of the larger disk without use is worth a word. */
const LOSS = 0.1;

/** What a BIOS reads is counted in 32 bits by some: bytes. */
const BIOS_REACH = 2 ** 32 * 512;

/** Every warning, in a fixed order. */
export function findWarnings({ firmware, disks, layout, networks }: Facts): PlanWarning[] {
  return [
    ...warnOfLoss(disks),
    ...(firmware === 'bios' ? warnOfReach(layout) : []),
    ...warnOfLinks(networks),
  ].map(({ code, message, hint = '' }) => ({ code, message, hint }));
}

function warnOfLoss(disks: readonly Disk[]): KronosError[] {
  const [small, large] = [...disks].sort((a, b) => a.size - b.size);
  if (small === undefined || large === undefined) return [];
  const lost = large.size - small.size;
  if (lost <= large.size * LOSS) return [];
  return [
    new KronosError(
      'host/mirror-sizes',
      `the smaller half of the mirror decides: ${formatBytes(lost)} of ${plain(large.name)} stay unused`,
      { hint: 'take two disks of one size, unless that is meant' },
    ),
  ];
}

function warnOfReach({ partitions }: Layout): KronosError[] {
  const far = partitions.find(
    ({ role, offset, size }) => role.startsWith('root') && offset + size > BIOS_REACH,
  );
  if (far === undefined) return [];
  return [
    new KronosError(
      'host/bios-reach',
      `${far.name} ends behind the first ${formatBytes(BIOS_REACH)}, which is all that some BIOSes read`,
      { hint: 'give smaller sizes in disks.system.partitions, or switch the firmware to UEFI' },
    ),
  ];
}

function warnOfLinks(networks: readonly PlannedNetwork[]): KronosError[] {
  const cards = withoutLink(networks);
  if (cards.length === 0) return [];
  return [
    new KronosError(
      'host/no-link',
      `${listed(cards.map(({ name }) => plain(name)))} ${cards.length === 1 ? 'has' : 'have'} no link`,
      {
        hint: 'look at cable and switch port; "link: true" in the selector takes only cards that have one',
      },
    ),
  ];
}
