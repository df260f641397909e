// Networks and interfaces of a simulated host: network, PIF, Bond, VLAN, and the management interface.
import { isIP, isIPv4 } from 'node:net';
import { NULL_REF, type Json } from '../../src/xenapi/message.ts';
import { newRef, Refusal, type DataRecord } from './database.ts';
import { shown, text, type Message } from './messages.ts';
import type { Xapi } from './xapi.ts';

export interface Nic {
  device: string;
  mac: string;
}

/** What the programs below the toolstack can do; a kernel without the driver fails late. */
export interface Backend {
  vlans: boolean;
  bonds: boolean;
  /** The address that DHCP gave the management interface; left out: none yet. */
  leased?: () => string;
}

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

/** Names that physical networks get, and so nobody else. */
const RESERVED_BRIDGE = /^xenbr\d+$/;
const LONGEST_BRIDGE = 15;

/** Adds the messages of networks to a server whose host has these cards. */
export function addNetworks(xapi: Xapi, nics: readonly Nic[], backend: Backend): void {
  const { database } = xapi;
  const add = (name: string, least: number, most: number, run: Message<Xapi>['run']): void => {
    xapi.add(name, { parameters: [least, most], run });
  };
  const pif = (ref: Json | undefined): DataRecord => database.get('PIF', text(ref));
  let bridges = 0;
  database.insert('network', {
    ...{ name_label: 'Host internal management network', bridge: 'xenapi', managed: true },
    ...{ MTU: 1500, other_config: { is_host_internal_management_network: 'true' } },
  });

  add('network.create', 1, 1, (_call, given) =>
    createNetwork(xapi, given, () => `xapi${bridges++}`),
  );
  add('network.destroy', 1, 1, (_call, ref) => {
    const [inside] = (database.get('network', text(ref))['PIFs'] ?? []) as string[];
    if (inside !== undefined) throw new Refusal('NETWORK_CONTAINS_PIF', inside);
    database.records('network').delete(text(ref));
    return '';
  });

  add('network.set_MTU', 2, 2, (_call, ref, value) => {
    database.get('network', text(ref))['MTU'] = Number(value);
    return '';
  });

  add('PIF.scan', 1, 1, () => {
    const own = [...database.records('PIF').values()].filter((one) => one['host'] === xapi.host);
    const known = new Set(own.map((one) => one['device']));
    for (const nic of nics) if (!known.has(nic.device)) introduce(xapi, nic);
    return '';
  });
  add('PIF.introduce', 3, 4, (_call, _host, mac, device) => {
    if (!MAC.test(text(mac))) throw new Refusal('MAC_INVALID', text(mac));
    const found = nics.find((nic) => nic.device === device && nic.mac === text(mac).toLowerCase());
    if (found === undefined) {
      const code = 'COULD_NOT_FIND_NETWORK_INTERFACE_WITH_SPECIFIED_DEVICE_NAME_AND_MAC_ADDRESS';
      throw new Refusal(code, text(device), text(mac));
    }
    const known = [...database.records('PIF').values()].some((one) => one['device'] === device);
    if (known) throw new Refusal('DUPLICATE_PIF_DEVICE_NAME', text(device));
    return introduce(xapi, found);
  });
  add('PIF.plug', 1, 1, (_call, ref) => {
    pif(ref)['currently_attached'] = true;
    return '';
  });
  add('PIF.unplug', 1, 1, (_call, ref) => {
    refuseManagement(pif(ref), ref);
    if (pif(ref)['disallow_unplug'] === true)
      throw new Refusal('PIF_DOES_NOT_ALLOW_UNPLUG', text(ref));
    pif(ref)['currently_attached'] = false;
    return '';
  });
  add('PIF.set_disallow_unplug', 2, 2, (_call, ref, value) => {
    pif(ref)['disallow_unplug'] = value ?? false;
    return '';
  });
  add('PIF.forget', 1, 1, (_call, ref) => {
    const record = pif(ref);
    if (record['VLAN_master_of'] !== NULL_REF)
      throw new Refusal('PIF_VLAN_STILL_EXISTS', text(ref));
    refuseManagement(record, ref);
    removePif(xapi, text(ref));
    return '';
  });
  add('PIF.reconfigure_ip', 6, 6, (_call, ref, mode, ip, netmask, gateway, dns) => {
    const record = pif(ref);
    const wanted = /^(none|dhcp|static)$/i.exec(text(mode))?.[0].toLowerCase();
    if (wanted === undefined)
      throw new Refusal('INTERNAL_ERROR', 'Failure("Unknown tag/contents")');
    if (wanted === 'none') refuseManagement(record, ref);
    const place = (name: string, value: Json | undefined, needed: boolean): void => {
      if (text(value) === '' && !needed) return;
      if (!isIPv4(text(value))) throw new Refusal('INVALID_IP_ADDRESS_SPECIFIED', name);
    };
    if (wanted === 'static') {
      place('IP', ip, true);
      place('netmask', netmask, true);
      place('gateway', gateway, false);
    }
    const modes = { none: 'None', dhcp: 'DHCP', static: 'Static' };
    record['ip_configuration_mode'] = modes[wanted as keyof typeof modes];
    Object.assign(record, { IP: ip, netmask, gateway, DNS: dns, currently_attached: true });
    return '';
  });
  add('PIF.reconfigure_ipv6', 5, 5, (_call, ref, mode, address) => {
    const record = pif(ref);
    const [ip = '', length] = text(address).split('/');
    if (text(mode) === 'Static' && (isIP(ip) !== 6 || length === undefined))
      throw new Refusal('INVALID_CIDR_ADDRESS_SPECIFIED', 'IPv6');
    record['ipv6_configuration_mode'] = mode ?? '';
    record['IPv6'] = text(address) === '' ? [] : [text(address)];
    return '';
  });
  add('PIF.set_primary_address_type', 2, 2, (_call, ref, type) => {
    refuseManagement(pif(ref), ref);
    pif(ref)['primary_address_type'] = type ?? '';
    return '';
  });

  add('host.management_reconfigure', 1, 1, (_call, ref) => {
    const record = pif(ref);
    if (record['ip_configuration_mode'] === 'None')
      throw new Refusal('PIF_HAS_NO_NETWORK_CONFIGURATION', text(ref));
    for (const one of database.records('PIF').values())
      if (one['host'] === record['host']) one['management'] = one === record;
    const leased = record['ip_configuration_mode'] === 'DHCP' ? backend.leased?.() : undefined;
    database.get('host', text(record['host']))['address'] = leased ?? record['IP'] ?? '';
    return '';
  });
  add('host.get_management_interface', 1, 1, (_call, host) => {
    const found = [...database.records('PIF')].find(
      ([, one]) => one['management'] === true && one['host'] === host,
    );
    if (found === undefined) throw new Refusal('INTERNAL_ERROR', 'Not_found');
    return found[0];
  });

  add('VLAN.create', 3, 3, (_call, ref, tag, network) =>
    createVlan(xapi, backend, ref, tag, network),
  );
  add('pool.create_VLAN_from_PIF', 3, 3, (_call, ref, network, tag) => {
    const vlan = createVlan(xapi, backend, ref, tag, network);
    return [database.get('VLAN', vlan)['untagged_PIF'] ?? ''];
  });
  add('pool.create_VLAN', 3, 3, (_call, _device, network) => {
    refuseTaken(xapi, text(network), xapi.host);
    return [];
  });
  add('VLAN.destroy', 1, 1, (_call, ref) => {
    const record = database.get('VLAN', text(ref));
    removePif(xapi, text(record['untagged_PIF']));
    database.records('VLAN').delete(text(ref));
    return '';
  });
  add('Bond.create', 4, 5, (_call, network, members, mac, mode, properties) =>
    createBond(xapi, backend, { network, members, mac, mode, properties }),
  );
  add('Bond.destroy', 1, 1, (_call, ref) => {
    const record = database.get('Bond', text(ref));
    for (const member of record['slaves'] as string[]) pif(member)['bond_slave_of'] = NULL_REF;
    removePif(xapi, text(record['master']));
    database.records('Bond').delete(text(ref));
    return '';
  });
}

function refuseManagement(record: DataRecord, ref: Json | undefined): void {
  if (record['management'] === true) throw new Refusal('PIF_IS_MANAGEMENT_INTERFACE', text(ref));
}

function createNetwork(xapi: Xapi, given: Json | undefined, nextBridge: () => string): string {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Refusal('INTERNAL_ERROR', 'Failure("bad __structure")');
  const record = given as DataRecord;
  if (!('other_config' in record))
    throw new Refusal('INTERNAL_ERROR', 'Server_helpers.Dispatcher_FieldNotFound("other_config")');
  const mtu = Number(record['MTU'] ?? 1500);
  if (!Number.isInteger(mtu)) throw new Refusal('INTERNAL_ERROR', 'Failure("Int64.of_string")');
  const bridge = typeof record['bridge'] === 'string' ? record['bridge'] : '';
  if (RESERVED_BRIDGE.test(bridge) || bridge.length > LONGEST_BRIDGE)
    throw new Refusal('INVALID_VALUE', 'bridge', bridge);
  const { database } = xapi;
  if (
    bridge !== '' &&
    [...database.records('network').values()].some((one) => one['bridge'] === bridge)
  )
    throw new Refusal('BRIDGE_NAME_EXISTS', bridge);
  return database.insert('network', {
    name_label: record['name_label'] ?? '',
    name_description: record['name_description'] ?? '',
    other_config: record['other_config'] ?? {},
    tags: record['tags'] ?? [],
    ...{ MTU: mtu, managed: true, bridge: bridge === '' ? nextBridge() : bridge },
  });
}

/** A physical interface with the network that belongs to it. */
function introduce(xapi: Xapi, { device, mac }: Nic): string {
  const { database, host } = xapi;
  const bridge = `xenbr${device.replace(/\D+/, '')}`;
  const known = [...database.records('network')].find(([, one]) => one['bridge'] === bridge)?.[0];
  const network =
    known ??
    database.insert('network', {
      ...{ name_label: `Pool-wide network associated with ${device}`, bridge, MTU: 1500 },
      managed: true,
    });
  return addPif(xapi, { device, MAC: mac, network, host, physical: true, managed: true });
}

export function addPif(xapi: Xapi, values: DataRecord & { network: string }): string {
  const { database } = xapi;
  const metrics = database.insert('PIF_metrics');
  const ref = database.insert('PIF', {
    ...{ MTU: 1500, VLAN: -1, ip_configuration_mode: 'None', ipv6_configuration_mode: 'None' },
    ...{ primary_address_type: 'IPv4', metrics, igmp_snooping_status: 'unknown' },
    ...values,
  });
  const network = database.get('network', values.network);
  network['PIFs'] = [...((network['PIFs'] ?? []) as string[]), ref];
  return ref;
}

function removePif(xapi: Xapi, ref: string): void {
  const record = xapi.database.records('PIF').get(ref);
  if (record === undefined) return;
  const network = xapi.database.records('network').get(text(record['network']));
  if (network !== undefined)
    network['PIFs'] = (network['PIFs'] as string[]).filter((one) => one !== ref);
  xapi.database.records('PIF').delete(ref);
}

/** A host has one interface in a network. */
function refuseTaken({ database }: Xapi, network: string, host: string): void {
  const inside = ((database.get('network', network)['PIFs'] ?? []) as string[]).find(
    (pif) => database.get('PIF', pif)['host'] === host,
  );
  if (inside !== undefined) throw new Refusal('NETWORK_ALREADY_CONNECTED', host, inside);
}

function createVlan(
  xapi: Xapi,
  backend: Backend,
  ref: Json | undefined,
  tag: Json | undefined,
  network: Json | undefined,
): string {
  const { database } = xapi;
  const wanted = Number(tag);
  if (!Number.isInteger(wanted)) throw new Refusal('INTERNAL_ERROR', 'Failure("Int64.of_string")');
  const below = database.get('PIF', text(ref));
  const host = text(below['host']);
  refuseTaken(xapi, text(network), host);
  const device = text(below['device']);
  const same = [...database.records('PIF').values()].some(
    (one) => one['device'] === device && one['VLAN'] === wanted && one['host'] === host,
  );
  if (same) throw new Refusal('PIF_VLAN_EXISTS', device);
  const vlan = newRef();
  const untagged = addPif(xapi, {
    ...{ device, MAC: below['MAC'] ?? '', network: text(network), host, VLAN: wanted },
    ...{ VLAN_master_of: vlan, managed: true },
  });
  database.insert('VLAN', { tagged_PIF: text(ref), untagged_PIF: untagged, tag: wanted }, vlan);
  // The records stay: whoever tries again is told that the network is taken.
  if (!backend.vlans) throw new Refusal('PIF_CONFIGURATION_ERROR', untagged, 'script error');
  database.get('PIF', untagged)['currently_attached'] = true;
  return vlan;
}

interface BondRequest {
  network: Json | undefined;
  members: Json | undefined;
  mac: Json | undefined;
  mode: Json | undefined;
  properties: Json | undefined;
}

const BOND_MODES = ['active-backup', 'balance-slb', 'lacp'];
const BOND_PROPERTIES = ['hashing_algorithm', 'updelay', 'downdelay', 'miimon', 'lacp-time'];

function createBond(xapi: Xapi, backend: Backend, request: BondRequest): string {
  const { database } = xapi;
  const { network, mac, mode, properties = {} } = request;
  const members = request.members as string[];
  if (!BOND_MODES.includes(text(mode)))
    throw new Refusal('INTERNAL_ERROR', 'Failure("Unmarshalling error in bond-mode")');
  if (members.length === 0) throw new Refusal('PIF_BOND_NEEDS_MORE_MEMBERS');
  if (text(mac) !== '' && !MAC.test(text(mac))) throw new Refusal('MAC_INVALID', text(mac));
  for (const [name, value] of Object.entries(properties as DataRecord)) {
    if (!BOND_PROPERTIES.includes(name))
      throw new Refusal('INVALID_VALUE', 'properties', `${name} = ${shown(value)}`);
  }
  const records = members.map((member) => database.get('PIF', member));
  const host = text(records[0]?.['host'] ?? xapi.host);
  refuseTaken(xapi, text(network), host);
  for (const [index, record] of records.entries()) {
    if (record['bond_slave_of'] !== NULL_REF)
      throw new Refusal('PIF_ALREADY_BONDED', members[index] ?? '');
  }
  const bond = newRef();
  const count = [...database.records('Bond').values()].filter(
    (one) => database.get('PIF', text(one['master']))['host'] === host,
  ).length;
  const master = addPif(xapi, {
    ...{ device: `bond${count}`, MAC: text(mac) || (records[0]?.['MAC'] ?? ''), host },
    ...{ network: text(network), managed: true, bond_master_of: [bond] },
  });
  for (const record of records) record['bond_slave_of'] = bond;
  database.insert('Bond', { master, slaves: members, mode: text(mode), properties }, bond);
  if (!backend.bonds) throw new Refusal('PIF_CONFIGURATION_ERROR', master, '');
  database.get('PIF', master)['currently_attached'] = true;
  return bond;
}
