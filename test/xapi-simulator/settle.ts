// What first boot does to a simulated host before anything else: its card has an address, and TLS is verified.
import type { Door } from '../../src/xenapi/door.ts';
import { LOCAL, openSession } from '../../src/xenapi/session.ts';
import type { SimulatedHost } from './lab.ts';

export async function settleHost(host: SimulatedHost, door: Door, address: string): Promise<void> {
  const session = await openSession(door, LOCAL, new AbortController().signal);
  await session.call('PIF.scan', [host.xapi.host]);
  const [pif = ''] = await session.call<string[]>('PIF.get_all');
  const values = ['Static', address, '255.255.255.0', '', ''];
  await session.call('PIF.reconfigure_ip', [pif, ...values]);
  await session.call('host.management_reconfigure', [pif]);
  await session.call('pool.enable_tls_verification');
  await session.close();
}
