// Commit-confirm with xapi: where nobody answers at the new management address, the former one is put back.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import type { Session } from '../../xenapi/session.ts';
import type { Records } from '../../xenapi/view.ts';
import { MEMORY } from '../context.ts';
import { currentIpv4, currentIpv6, type AddressedPif } from './addresses.ts';

/** The management interface, and what it would take to make it so again. */
export interface Management {
  pif: string;
  addressed: AddressedPif;
  /** Where the host has its address. */
  bridge: string;
}

type ManagementPif = AddressedPif & { host: string; management: boolean; network: string };

/** Undefined where there is none. Errors: those of a call. */
export async function readManagement(
  session: Session,
  host: string,
): Promise<Management | undefined> {
  const pifs = await session.call<Records<ManagementPif>>('PIF.get_all_records');
  const [found] = Object.entries(pifs).filter(([, pif]) => pif.host === host && pif.management);
  if (found === undefined) return undefined;
  const [pif, addressed] = found;
  const bridge = await session.call<string>('network.get_bridge', [addressed.network]);
  return { pif, addressed, bridge };
}

const FILE = 'management-before.json';

/** What a run that was cut before somebody answered remembered. */
export async function readFormer(memory = MEMORY): Promise<Management | undefined> {
  const text = await readTextOrUndefined(join(memory, FILE));
  return text === undefined ? undefined : (JSON.parse(text) as Management);
}

/** Errors: those of node:fs. */
export async function writeFormer(former: Management, memory = MEMORY): Promise<void> {
  await writeFileAtomic(join(memory, FILE), `${JSON.stringify(former)}\n`);
}

export async function forgetFormer(memory = MEMORY): Promise<void> {
  await rm(join(memory, FILE), { force: true });
}

/** Whether `former` is something else to go back to. */
export function differs(former: Management | undefined, now: Management | undefined): boolean {
  if (former === undefined || now === undefined) return false;
  return former.pif !== now.pif || wordsOf(former) !== wordsOf(now);
}

/** Addresses first: xapi refuses an interface without one. Errors: those of a call. */
export async function putBack(session: Session, { pif, addressed }: Management): Promise<void> {
  await session.call('PIF.reconfigure_ip', [pif, ...currentIpv4(addressed)]);
  if (addressed.ipv6_configuration_mode !== 'None')
    await session.call('PIF.reconfigure_ipv6', [pif, ...currentIpv6(addressed)]);
  await session.call('host.management_reconfigure', [pif]);
}

function wordsOf({ addressed }: Management): string {
  const { ip_configuration_mode: mode, IP, netmask, gateway, DNS } = addressed;
  const { ipv6_configuration_mode: mode6, IPv6, ipv6_gateway: gateway6 } = addressed;
  const given = mode === 'Static' ? [IP, netmask, gateway, DNS] : [];
  const given6 = mode6 === 'Static' ? [...IPv6, gateway6] : [];
  return JSON.stringify([mode, given, mode6, given6]);
}
