// What a first boot will make, as people read it.
import type { Addressing } from './network/switch.ts';
import type { Bridge } from './network/switch.ts';
import type { BootContext } from './context.ts';
import { confirmSeconds } from './network/witnesses.ts';

/** The plan, one thing a line. */
export function describePlan({
  hostFile,
  bridges,
}: Pick<BootContext, 'hostFile' | 'bridges'>): string {
  const confirm = confirmSeconds(hostFile);
  return [
    `First boot of ${hostFile.hostname}`,
    '',
    'Network (the former one returns if nobody answers within ' + `${confirm} s)`,
    ...bridges.flatMap(describeBridge),
    '',
  ].join('\n');
}

function describeBridge({ name, cards, bond, mtu, addressing, vlans }: Bridge): string[] {
  const members = cards.map((card) => `${card.name} (${card.mac})`).join(', ');
  const through = bond === undefined ? members : `${bond.name}, ${bond.mode}, of ${members}`;
  return [
    `  ${name.padEnd(12)} on ${through}`,
    ...(mtu === undefined ? [] : [`  ${''.padEnd(12)} frames of ${mtu} bytes`]),
    ...(addressing === undefined ? [] : [`  ${''.padEnd(12)} ${describeAddressing(addressing)}`]),
    ...vlans.map(
      (vlan) =>
        `  ${vlan.name.padEnd(12)} VLAN ${vlan.tag}: ${describeAddressing(vlan.addressing)}`,
    ),
  ];
}

function describeAddressing({ ipv4, ipv6 }: Addressing): string {
  const families = [ipv4, ipv6].flatMap((family, index) => {
    const version = `IPv${index === 0 ? 4 : 6}`;
    if (family.mode === 'none') return [];
    if (family.mode !== 'static')
      return [`${version} by ${family.mode === 'dhcp' ? 'DHCP' : 'router'}`];
    const way = family.gateway === undefined ? '' : ` by way of ${family.gateway}`;
    return [`${family.address}${way}`];
  });
  return families.length === 0 ? 'no address' : families.join(', ');
}
