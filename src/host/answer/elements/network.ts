// The elements of the management network.
import type { ElementDefinition } from '../definition.ts';
import { elementsNamed } from '../definition.ts';
import { quote } from '../report.ts';
import { attributeOf, mandatory } from '../values.ts';
import { readAdminInterface } from './management.ts';

/** An element whose note comes from the <admin-interface> around it. */
function address(
  name: string,
  alias: string | undefined,
  values: string,
  meaning: string,
  becomes: string,
): ElementDefinition {
  return {
    name,
    ...(alias === undefined ? {} : { aliases: [alias] }),
    parents: ['admin-interface'],
    content: 'text',
    values,
    default: `mandatory with ${name.endsWith('v6') ? 'protov6' : 'proto'}="static"`,
    meaning,
    becomes,
    attributes: [],
    read: () => undefined,
  };
}

const bonding: ElementDefinition = {
  name: 'bonding',
  parents: ['installation', 'admin-interface'],
  content: 'nothing',
  many: true,
  values: '',
  default: '',
  meaning:
    'A bond that <admin-interface> names. Only in a branch of the installer that was never taken over.',
  becomes: '`network.management.bond` and `interface`',
  attributes: [
    {
      name: 'name',
      values: 'a name such as bond0',
      default: 'mandatory',
      meaning: 'What <admin-interface> calls it.',
      becomes: 'nothing: first boot names it',
    },
    {
      name: 'mode',
      values: 'lacp, active-backup or balance-slb',
      default: 'mandatory',
      meaning: 'How the cards work as one.',
      becomes: '`network.management.bond.mode`',
    },
    {
      name: 'members',
      values: 'names of cards, separated by commas',
      default: 'mandatory',
      meaning: 'The cards.',
      becomes: '`network.management.interface.match.name`',
    },
  ],
  read: (element, work) => {
    const name = mandatory(element, 'name', work);
    const mode = mandatory(element, 'mode', work);
    const members = mandatory(element, 'members', work);
    work.report.cover(name, mode, members);
    const management = elementsNamed(work, 'admin-interface')[0];
    const used = management === undefined ? undefined : attributeOf(management, 'name')?.value;
    if (name === undefined || used === name.value) work.report.kept(element, 'a bond');
    else
      work.report.lost(
        element,
        `the bond ${quote(name.value)} is not what <admin-interface> names`,
        'describe it under network.networks',
      );
  },
};

const adminInterface: ElementDefinition = {
  name: 'admin-interface',
  parents: ['installation'],
  content: 'elements',
  values: '<ipaddr>, <subnet>, <gateway>, <ipv6>, <gatewayv6>',
  default: 'mandatory',
  meaning: 'The network card through which the host is managed.',
  becomes: '`network.management`',
  attributes: [
    {
      name: 'name',
      values: 'a name such as eth0',
      default: 'mandatory without hwaddr',
      meaning: 'The card by its name; taken before hwaddr where there is such a card.',
      becomes: '`interface.match.name`; nothing where there is hwaddr',
    },
    {
      name: 'hwaddr',
      values: 'a MAC address',
      default: 'mandatory without name',
      meaning: 'The card by its address.',
      becomes: '`interface.match.mac`',
    },
    {
      name: 'proto',
      values: 'static, dhcp or none',
      default: 'mandatory',
      meaning: 'IPv4. The installers take any other word for none.',
      becomes: '`ipv4.mode`; other words are mistakes',
    },
    {
      name: 'protov6',
      values: 'static, dhcp, autoconf or none',
      default: 'none',
      meaning: 'IPv6; must not be none where proto is.',
      becomes: '`ipv6.mode`; autoconf is auto',
    },
    {
      name: 'vlan',
      values: '1 to 4094',
      default: 'untagged',
      meaning: 'VLAN tag.',
      becomes: '`vlan`',
    },
  ],
  read: readAdminInterface,
};

const fcoeInterface: ElementDefinition = {
  name: 'fcoe-interface',
  parents: ['installation', 'restore'],
  content: 'nothing',
  many: true,
  values: '',
  default: '',
  meaning: 'A card over which disks are reached (FCoE). XenServer no longer reads it.',
  becomes: 'nothing: FCoE is not supported',
  attributes: [
    {
      name: 'name',
      values: 'a name such as eth0',
      default: 'mandatory without hwaddr',
      meaning: 'The card by its name.',
      becomes: 'nothing',
    },
    {
      name: 'hwaddr',
      values: 'a MAC address',
      default: 'mandatory without name',
      meaning: 'The card by its address.',
      becomes: 'nothing',
    },
  ],
  read: (element, { report }) => {
    const name = attributeOf(element, 'name');
    const hwaddr = attributeOf(element, 'hwaddr');
    report.cover(name, hwaddr);
    report.lost(
      element,
      `disks were reached over the card ${quote((name ?? hwaddr)?.value ?? '')} by FCoE, which Kronos does not do`,
      'install onto a disk that the machine sees without FCoE',
    );
  },
};

/** In the order in which they are read. */
export const NETWORK_ELEMENTS: readonly ElementDefinition[] = [
  bonding,
  adminInterface,
  address('ipaddr', 'ip', 'an IPv4 address', 'Address of the host.', '`ipv4.address`'),
  address(
    'subnet',
    'subnet-mask',
    'a mask such as 255.255.255.0',
    'Mask of its network.',
    'the prefix length in `ipv4.address`',
  ),
  address('gateway', undefined, 'an IPv4 address', 'Default router.', '`ipv4.gateway`'),
  address('ipv6', undefined, 'ADDRESS/PREFIX', 'IPv6 address of the host.', '`ipv6.address`'),
  address('gatewayv6', undefined, 'an IPv6 address', 'IPv6 router.', '`ipv6.gateway`'),
  fcoeInterface,
];
