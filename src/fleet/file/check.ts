// What only shows in a fleet file as a whole: machines and names that are meant twice, groups that nothing is in.
import { drawsFromMachine } from '../../host/variables.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import type { FleetFindings } from './findings.ts';
import type { Identity } from './fleet.ts';
import type { ComposedHost } from './hosts.ts';
import { unknownGroup } from './pools.ts';
import type { FleetFile } from './schema.ts';

type Host = FleetFile['hosts'][string];

/** How the machine of a host is known. */
export function identityOf({ mac, serial, assetTag, order }: Host): Identity {
  if (mac !== undefined) return { mac };
  if (serial !== undefined) return { serial };
  return assetTag === undefined ? { order: order ?? 0 } : { assetTag };
}

/** Finds what hosts of a fleet must not share, and groups that are not there or not used. */
export function checkFleet(
  file: FleetFile,
  composed: ReadonlyMap<string, ComposedHost>,
  findings: FleetFindings,
): void {
  if (Object.keys(file.hosts).length === 0) {
    findings.error('input/no-hosts', 'the fleet has no hosts', {
      path: ['hosts'],
      hint: 'write them below hosts, each with a mac, serial, assetTag or order',
    });
  }
  checkIdentities(file, findings);
  checkOrders(file, findings);
  checkGroups(file, findings);
  checkHostnames(composed, findings);
  checkAddresses(composed, findings);
}

const IDENTITIES: Readonly<Record<string, string>> = {
  mac: 'the machine with the MAC address',
  serial: 'the machine with the serial number',
  assetTag: 'the machine with the asset tag',
  order: 'machine number',
};

function checkIdentities(file: FleetFile, findings: FleetFindings): void {
  const known = new Map<string, string>();
  for (const [name, host] of Object.entries(file.hosts)) {
    const [key = '', value = ''] = Object.entries(identityOf(host))[0] ?? [];
    const which = `${IDENTITIES[key] ?? key} ${String(value)}`;
    const other = known.get(which);
    if (other === undefined) known.set(which, name);
    else {
      findings.error('input/machine-twice', `the hosts ${other} and ${name} are both ${which}`, {
        path: ['hosts', name, key],
        hint: 'a machine is one host; look which of the two it is',
      });
    }
  }
}

/** A machine whose turn no host has waits for a name. */
function checkOrders(file: FleetFile, findings: FleetFindings): void {
  const turns = Object.entries(file.hosts)
    .flatMap(([name, { order }]) => (order === undefined ? [] : [{ name, order }]))
    .sort((a, b) => a.order - b.order);
  let next = 1;
  for (const { name, order } of turns) {
    if (order > next) {
      findings.warn('input/order-gap', `no host has the order ${next}, but ${name} has ${order}`, {
        path: ['hosts', name, 'order'],
        hint: 'the machine that appears between waits for a name; count without gaps',
      });
    }
    next = order + 1;
  }
}

function checkGroups(file: FleetFile, findings: FleetFindings): void {
  const used = new Set<string>();
  for (const [name, { groups }] of Object.entries(file.hosts)) {
    groups.forEach((group, index) => {
      const path = ['hosts', name, 'groups', index];
      if (!Object.hasOwn(file.groups, group)) unknownGroup(group, path, file, findings);
      if (groups.indexOf(group) !== index) {
        findings.error('input/group-twice', `the group ${group} is there twice`, {
          path,
          hint: 'remove one of the two; the later one would count',
        });
      }
      used.add(group);
    });
  }
  for (const group of Object.keys(file.groups)) {
    if (used.has(group)) continue;
    findings.warn('input/unused-group', `no host belongs to the group ${group}`, {
      path: ['groups', group],
      hint: 'what it has was not checked; remove it, or name it at its hosts',
    });
  }
}

function checkHostnames(
  composed: ReadonlyMap<string, ComposedHost>,
  findings: FleetFindings,
): void {
  const known = new Map<string, string>();
  for (const [name, { document, source }] of composed) {
    const { hostname } = source.hostFile;
    if (drawsFromMachine(hostname)) continue;
    const other = known.get(hostname.toLowerCase());
    if (other === undefined) known.set(hostname.toLowerCase(), name);
    else {
      findings.errorAt(
        'input/hostname-twice',
        `the hosts ${other} and ${name} both have the host name ${hostname}`,
        {
          location: document.locate(['hostname']),
          hint: 'leave hostname out: it is the name of the host in this file',
        },
      );
    }
  }
}

/** Two hosts that are managed at one address; in other networks an address may be used again behind another switch. */
function checkAddresses(
  composed: ReadonlyMap<string, ComposedHost>,
  findings: FleetFindings,
): void {
  const known = new Map<string, string>();
  for (const [name, { document, source }] of composed) {
    for (const { family, address } of managementAddresses(source.hostFile)) {
      const other = known.get(address);
      if (other === undefined) known.set(address, name);
      else {
        findings.errorAt(
          'input/host-address-twice',
          `the hosts ${other} and ${name} both have the address ${address}`,
          {
            location: document.locate(['network', 'management', family, 'address']),
            hint: 'an address belongs to one host; write it at the host, not at a group',
          },
        );
      }
    }
  }
}

function managementAddresses({
  network,
}: HostFile): { family: 'ipv4' | 'ipv6'; address: string }[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const own = network.management[family];
    if (own.mode !== 'static' || drawsFromMachine(own.address)) return [];
    return [{ family, address: (own.address.split('/')[0] ?? '').toLowerCase() }];
  });
}
