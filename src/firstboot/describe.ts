// What a first boot will make, as people read it.
import type { Addressing } from './network/switch.ts';
import type { Bridge } from './network/switch.ts';
import type { BootContext } from './context.ts';
import type { LookedStep } from './look.ts';
import { confirmSeconds } from './network/witnesses.ts';

const STATES: Readonly<Record<LookedStep['state'], string>> = {
  there: 'is there',
  'to-do': 'to do',
  unknown: 'unknown',
};

/** The plan, one thing a line; after it what a run would do of it now. */
export function describePlan(
  { hostFile, bridges, toolstack }: Pick<BootContext, 'hostFile' | 'bridges' | 'toolstack'>,
  steps: readonly LookedStep[],
): string {
  const confirm = confirmSeconds(hostFile);
  const network =
    toolstack === 'xapi'
      ? 'Network (made by xapi)'
      : `Network (the former one returns if nobody answers within ${confirm} s)`;
  return [
    `First boot of ${hostFile.hostname}, toolstack ${toolstack}`,
    '',
    network,
    ...bridges.flatMap((bridge) => describeBridge(bridge, toolstack)),
    '',
    'Steps',
    ...steps.flatMap(({ name, title, state, why }) => [
      `  ${STATES[state].padEnd(9)} ${name.padEnd(16)} ${title}`,
      ...(why === undefined ? [] : [`  ${''.padEnd(9)} ${why}`]),
    ]),
    '',
  ].join('\n');
}

function describeBridge(
  { name, cards, bond, mtu, addressing, vlans }: Bridge,
  toolstack: BootContext['toolstack'],
): string[] {
  // xapi has names of its own for cards.
  const members = cards
    .map((card) => (toolstack === 'xapi' ? card.mac : `${card.name} (${card.mac})`))
    .join(', ');
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

export function describeAddressing({ ipv4, ipv6 }: Addressing): string {
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
