// Makes the networks of a host with xapi what the host file says, by calls over its own socket.
import { KronosError } from '../../common/error.ts';
import { XenApiError } from '../../xenapi/message.ts';
import type { Session } from '../../xenapi/session.ts';
import type { Records } from '../../xenapi/view.ts';
import { currentIpv4 } from './addresses.ts';
import {
  NETWORK_KEY,
  nextChange,
  type NetworkChange,
  type NetworkView,
  type OwnPif,
  type WantedNetwork,
} from './networks.ts';
import { refused } from './refused.ts';

export interface ArrangeOptions {
  /** UUID of the own host. */
  uuid: string;
  /** Before a join: only the management network. */
  joining?: boolean;
  note: (text: string) => void;
}

/** More calls than this no host file needs; a server that forgets what it was told must not be asked for ever. */
const MOST_CHANGES = 500;

/**
 * Makes one change after the other until nothing is missing. Returns the number of changes; 0: all was there.
 * Errors: `host/xapi-refused`, `host/card-missing`, those of a call.
 */
export async function arrangeNetworks(
  session: Session,
  wanted: readonly WantedNetwork[],
  { uuid, joining = false, note }: ArrangeOptions,
): Promise<number> {
  const host = await session.call<string>('host.get_by_uuid', [uuid]);
  let scanned = false;
  for (let count = 0; count < MOST_CHANGES; count += 1) {
    const view = await readNetworks(session, host);
    const change = nextChange(wanted, view, { joining, scanned });
    if (change === undefined) return count;
    const what = describeChange(change, view);
    note(what);
    try {
      await applyChange(session, host, change, view);
    } catch (error) {
      if (change.type === 'vlan') await removeDebris(session, change.pif, change.tag);
      throw refused(what, error);
    }
    scanned ||= change.type === 'scan';
  }
  throw new KronosError(
    'internal/defect',
    `the networks are not settled after ${MOST_CHANGES} changes`,
  );
}

/** Errors: those of a call. */
export async function readNetworks(session: Session, host: string): Promise<NetworkView> {
  const read = <T>(name: string): Promise<Records<T>> =>
    session.call<Records<T>>(`${name}.get_all_records`);
  const pifs = await read<OwnPif>('PIF');
  return {
    host,
    PIF: pifs,
    network: await read('network'),
    Bond: await read('Bond'),
    VLAN: await read('VLAN'),
  };
}

async function applyChange(
  session: Session,
  host: string,
  change: NetworkChange,
  view: NetworkView,
): Promise<void> {
  switch (change.type) {
    case 'scan':
      await session.call('PIF.scan', [host]);
      return;
    case 'network':
      await session.call('network.create', [
        {
          ...{ name_label: change.label, name_description: '', MTU: change.mtu, tags: [] },
          other_config: { [NETWORK_KEY]: change.key },
        },
      ]);
      return;
    case 'bond': {
      const { network, members, bond } = change;
      const properties = bond.mode === 'lacp' ? { 'lacp-time': bond.lacpRate ?? 'slow' } : {};
      await session.call('Bond.create', [network, members, '', bond.mode, properties]);
      return;
    }
    case 'vlan':
      await session.call('VLAN.create', [change.pif, change.tag, change.network]);
      return;
    case 'mtu':
      await session.call('network.set_MTU', [change.network, change.mtu]);
      await bringUpAgain(session, change.pif, view);
      return;
    case 'address': {
      const method = change.change.family === 4 ? 'PIF.reconfigure_ip' : 'PIF.reconfigure_ipv6';
      await session.call(method, [change.pif, ...change.change.parameters]);
      return;
    }
    case 'manage':
      await session.call('host.management_reconfigure', [change.pif]);
      return;
    case 'plug':
      await session.call('PIF.plug', [change.pif]);
  }
}

/** A frame size holds from the next time that the interface comes up; the management interface is never without address. */
async function bringUpAgain(session: Session, ref: string, { PIF }: NetworkView): Promise<void> {
  const pif = PIF[ref];
  if (pif?.currently_attached !== true) return;
  if (!pif.management) {
    await session.call('PIF.unplug', [ref]);
    await session.call('PIF.plug', [ref]);
    return;
  }
  await session.call('PIF.reconfigure_ip', [ref, ...currentIpv4(pif)]);
}

/**
 * A VLAN.create that failed leaves its records, and the next one is refused for them. What cannot be removed either is told
 * by the failure itself, later.
 */
async function removeDebris(session: Session, pif: string, tag: number): Promise<void> {
  const vlans = await session.call<NetworkView['VLAN']>('VLAN.get_all_records');
  for (const [ref, vlan] of Object.entries(vlans)) {
    if (vlan.tagged_PIF !== pif || vlan.tag !== tag) continue;
    await session.call('VLAN.destroy', [ref]).catch((error: unknown) => {
      if (!(error instanceof XenApiError)) throw error;
    });
  }
}

function describeChange(change: NetworkChange, { PIF }: NetworkView): string {
  const device = (ref: string): string => PIF[ref]?.device ?? ref;
  switch (change.type) {
    case 'scan':
      return 'looking for network cards';
    case 'network':
      return `making the network ${change.label}`;
    case 'bond':
      return `making a bond of ${change.members.map(device).join(' and ')}`;
    case 'vlan':
      return `making VLAN ${change.tag} on ${device(change.pif)}`;
    case 'mtu':
      return `setting frames of ${change.mtu} bytes on ${device(change.pif)}`;
    case 'address':
      return `setting the IPv${change.change.family} address of ${device(change.pif)}`;
    case 'manage':
      return `moving the management interface to ${device(change.pif)}`;
    case 'plug':
      return `switching ${device(change.pif)} on`;
  }
}
