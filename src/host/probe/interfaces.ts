// From what sysfs says to the network cards of the inventory. Pure: the effects are in probe.ts.
import type { Interface } from '../inventory.ts';

/** Attributes of /sys/class/net/NAME; undefined where there is none, or where it cannot be read. */
export interface InterfaceFacts {
  name: string;
  /** ARP hardware type: 1 is Ethernet. */
  type: string | undefined;
  address: string | undefined;
  /** What a bond replaced `address` by is not what is printed on the card. */
  permanentAddress: string | undefined;
  /** Fails with EINVAL while the interface is down. */
  carrier: string | undefined;
  speed: string | undefined;
  /** Resolved path of the device below /sys/devices; undefined for bridges, bonds, tunnels. */
  device: string | undefined;
  driver: string | undefined;
  /** Name of the bus of the device: pci, usb, virtio, xen-backend. */
  bus: string | undefined;
  vendor: string | undefined;
  model: string | undefined;
  wireless: boolean;
  /** A part of another card that was cut off for a guest (SR-IOV). */
  virtualFunction: boolean;
}

const ETHERNET = '1';

/** The wired network cards, ordered by name as people count. */
export function makeInterfaces(facts: readonly InterfaceFacts[]): Interface[] {
  return facts
    .filter(isCard)
    .map(makeInterface)
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** Guests' ends of virtual cards have a device as well, on the bus xen-backend. */
function isCard({ type, device, bus, wireless, virtualFunction }: InterfaceFacts): boolean {
  return (
    type === ETHERNET &&
    device !== undefined &&
    bus !== 'xen-backend' &&
    !wireless &&
    !virtualFunction
  );
}

function makeInterface(facts: InterfaceFacts): Interface {
  const speed = Number(facts.speed ?? Number.NaN);
  // The innermost PCI address on the way: virtio and USB cards hang below one.
  const path = facts.device?.match(/[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/g)?.at(-1);
  const link = facts.carrier === '1' ? true : facts.carrier === '0' ? false : undefined;
  return {
    name: facts.name,
    mac: (facts.permanentAddress ?? facts.address ?? '').toLowerCase(),
    ...(path === undefined ? {} : { path }),
    ...(facts.driver === undefined ? {} : { driver: facts.driver }),
    ...(facts.vendor === undefined ? {} : { vendor: facts.vendor }),
    ...(facts.model === undefined ? {} : { model: facts.model }),
    ...(link === undefined ? {} : { link }),
    ...(link === true && Number.isInteger(speed) && speed > 0 ? { speed } : {}),
  };
}
