// What a coordinator has of a host that joins: its interfaces, repositories and machines, and later the pool's bonds, VLANs and
// shared repositories on it. As seen with xapi 26.17.
import { NULL_REF } from '../../src/xenapi/message.ts';
import type { DataRecord } from './database.ts';
import { settle } from './machines.ts';
import { text } from './messages.ts';
import { addPif } from './networks.ts';
import type { Xapi } from './xapi.ts';

/** Physical interfaces, in networks matched by the names of their bridges, local repositories, and machines. */
export function importHost(target: Xapi, joiner: Pick<Xapi, 'database' | 'host'>): void {
  const { database } = target;
  // What an earlier join that was cut brought is there already.
  const known = new Set([...database.records('PIF').values()].map((pif) => pif['uuid']));
  for (const pif of joiner.database.records('PIF').values()) {
    if (pif['physical'] !== true || known.has(pif['uuid'])) continue;
    const theirs = joiner.database.get('network', text(pif['network']));
    const network =
      [...database.records('network')].find(([, one]) => one['bridge'] === theirs['bridge'])?.[0] ??
      database.insert('network', { ...structuredClone(theirs), PIFs: [] });
    addPif(target, { ...structuredClone(pif), network, host: joiner.host });
  }
  for (const [ref, sr] of joiner.database.records('SR')) {
    if (sr['shared'] !== true) database.records('SR').set(ref, structuredClone(sr));
  }
  for (const [ref, pbd] of joiner.database.records('PBD')) {
    if (database.records('SR').has(text(pbd['SR'])))
      database.records('PBD').set(ref, structuredClone(pbd));
  }
  for (const [ref, machine] of joiner.database.records('VM'))
    database.records('VM').set(ref, structuredClone(machine));
  settle(database);
}

/** What the restarted member gets of the pool: the same bonds and VLANs on its own cards, and what is shared. */
export function copyPool(target: Xapi, host: string): void {
  const { database } = target;
  const pifsOf = (owner: string): [string, DataRecord][] =>
    [...database.records('PIF')].filter(([, pif]) => pif['host'] === owner);
  const ownPif = (device: string): string | undefined =>
    pifsOf(host).find(([, pif]) => pif['device'] === device && pif['VLAN'] === -1)?.[0];

  for (const bond of [...database.records('Bond').values()]) {
    const master = database.get('PIF', text(bond['master']));
    if (master['host'] !== target.host) continue;
    const members = (bond['slaves'] as string[]).flatMap(
      (slave) => ownPif(text(database.get('PIF', slave)['device'])) ?? [],
    );
    const [first] = members;
    if (first === undefined || members.length !== (bond['slaves'] as string[]).length) continue;
    const { IP = '', netmask = '', gateway = '', DNS = '', ...rest } = database.get('PIF', first);
    const copy = addPif(target, {
      ...{ device: text(master['device']), network: text(master['network']), host, managed: true },
      ...{ MAC: rest['MAC'] ?? '', IP, netmask, gateway, DNS, currently_attached: true },
      ip_configuration_mode: rest['ip_configuration_mode'] ?? 'None',
      management: rest['management'] ?? false,
    });
    const ref = database.insert('Bond', {
      ...structuredClone(bond),
      master: copy,
      slaves: members,
    });
    for (const member of members) {
      const free = { bond_slave_of: ref, management: false, ip_configuration_mode: 'None', IP: '' };
      Object.assign(database.get('PIF', member), free);
    }
  }
  for (const vlan of [...database.records('VLAN').values()]) {
    const tagged = database.get('PIF', text(vlan['tagged_PIF']));
    const below = ownPif(text(tagged['device']));
    if (tagged['host'] !== target.host || below === undefined) continue;
    const theirs = database.get('PIF', text(vlan['untagged_PIF']));
    const untagged = addPif(target, {
      ...{ device: text(tagged['device']), network: text(theirs['network']), host, managed: true },
      ...{ VLAN: vlan['tag'] ?? -1, VLAN_master_of: NULL_REF, currently_attached: true },
    });
    database.insert('VLAN', { tag: vlan['tag'] ?? -1, tagged_PIF: below, untagged_PIF: untagged });
  }
  for (const [ref, sr] of database.records('SR')) {
    const first = (sr['PBDs'] as string[])
      .map((pbd) => database.records('PBD').get(pbd))
      .find((pbd) => pbd !== undefined);
    if (sr['shared'] !== true || first === undefined) continue;
    const device = first['device_config'] ?? {};
    const pbd = database.insert('PBD', {
      host,
      SR: ref,
      device_config: device,
      currently_attached: true,
    });
    sr['PBDs'] = [...(sr['PBDs'] as string[]), pbd];
  }
}
