// Puts <admin-interface> and what stands in it into the draft.
import { isIPv4, isIPv6 } from 'node:net';
import { addressWithPrefix, ipv4, ipv6, mac, vlan } from '../../schema/values.ts';
import type { AnswerElement, ImportWork } from '../definition.ts';
import { childNamed, elementsNamed } from '../definition.ts';
import type { DraftManagement } from '../draft.ts';
import { quote, type Placed } from '../report.ts';
import { attributeOf, choice, fitting, mandatory, textOf } from '../values.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,14}$/;

/** The card or the bond, its addresses and its VLAN. */
export function readAdminInterface(element: AnswerElement, work: ImportWork): void {
  const { report, draft } = work;
  report.kept(element, 'the management network');
  const cards = readCards(element, work);
  const four = readIpv4(element, work);
  const six = readIpv6(element, work);
  const tag = readVlan(element, work);
  if (four?.mode === 'none' && six?.mode === 'none') {
    report.mistake('input/wrong-value', `${element.subject} has neither IPv4 nor IPv6`, {
      at: element,
      hint: 'write proto="dhcp", or protov6 with proto="none"',
    });
  }
  if (cards === undefined || four === undefined || six === undefined) return;
  draft.management = {
    ...cards,
    ...(tag === undefined ? {} : { vlan: tag }),
    ipv4: four,
    ipv6: six,
  };
}

function readCards(
  element: AnswerElement,
  work: ImportWork,
): Pick<DraftManagement, 'by' | 'cards' | 'bond'> | undefined {
  const { report } = work;
  const name = attributeOf(element, 'name');
  const hwaddr = attributeOf(element, 'hwaddr');
  const bond = elementsNamed(work, 'bonding').find(
    (one) => name !== undefined && attributeOf(one, 'name')?.value === name.value,
  );
  if (bond !== undefined) {
    report.cover(name);
    if (hwaddr !== undefined)
      report.lost(hwaddr, 'the cards of the bond have addresses of their own', 'nothing is needed');
    return readBond(bond, work);
  }
  if (hwaddr !== undefined) {
    const value = fitting(hwaddr, hwaddr.value, mac, 'a MAC address', work);
    report.cover(name);
    if (value === undefined) return undefined;
    const address = value.toLowerCase();
    report.kept(hwaddr, `the card is ${address}`);
    if (name !== undefined)
      report.changed(
        name,
        `the card is taken by its address alone; the installers take ${quote(name.value)} where there is such a card`,
        'look whether both mean the same card: kronos host inventory',
      );
    return { by: 'mac', cards: [address] };
  }
  if (name === undefined) {
    report.mistake('input/missing-attribute', `${element.subject} has neither name nor hwaddr`, {
      at: element,
      hint: 'write hwaddr="MAC address"',
    });
    return undefined;
  }
  if (!checkName(name, name.value, work)) return undefined;
  report.changed(
    name,
    `the card is ${name.value}, but Kronos may give it another name than the installer did`,
    'write mac in place of name, as kronos host inventory shows it',
  );
  return { by: 'name', cards: [name.value] };
}

function checkName(at: Placed, text: string, work: ImportWork): boolean {
  if (NAME.test(text)) return true;
  work.report.mistake(
    'input/wrong-value',
    `${at.subject}: expected the name of a network card, found ${quote(text)}`,
    { at, hint: 'such as eth0' },
  );
  return false;
}

function readBond(
  bond: AnswerElement,
  work: ImportWork,
): Pick<DraftManagement, 'by' | 'cards' | 'bond'> | undefined {
  const modeAt = attributeOf(bond, 'mode');
  const members = attributeOf(bond, 'members');
  if (modeAt === undefined || members === undefined) return undefined;
  const mode = choice(modeAt, modeAt.value, ['lacp', 'active-backup', 'balance-slb'], work);
  const cards = members.value.split(',').map((one) => one.trim());
  if (!cards.every((card) => checkName(members, card, work)) || mode === undefined) {
    return undefined;
  }
  if (cards.length < 2 || cards.length > 8 || new Set(cards).size < cards.length) {
    work.report.mistake('input/wrong-value', `${members.subject}: expected 2 to 8 cards`, {
      at: members,
      hint: 'write members="eth0,eth1"',
    });
    return undefined;
  }
  work.report.changed(
    members,
    `the cards are ${cards.join(', ')}, but Kronos may give them other names`,
    'write mac: [ONE, OTHER] in place of name, as kronos host inventory shows them',
  );
  return { by: 'name', cards, bond: mode };
}

function readIpv4(element: AnswerElement, work: ImportWork): DraftManagement['ipv4'] | undefined {
  const { report } = work;
  const names = ['ipaddr', 'subnet', 'gateway'];
  const at = mandatory(element, 'proto', work);
  const proto = at && choice(at, at.value, ['static', 'dhcp', 'none'], work);
  if (at === undefined || proto === undefined) {
    coverChildren(element, names, work);
    return undefined;
  }
  report.kept(at, `IPv4: ${proto}`);
  if (proto !== 'static') {
    noEffect(element, names, `proto="${proto}"`, work);
    return { mode: proto };
  }
  const [own, mask, gateway] = readChildren(element, names, 'proto="static"', work);
  if (own === undefined || mask === undefined || gateway === undefined) return undefined;
  const address = fitting(own, own.text, ipv4, 'an IPv4 address', work);
  const prefix = readNetmask(mask, work);
  const router = fitting(gateway, gateway.text, ipv4, 'an IPv4 address', work);
  if (address === undefined || prefix === undefined || router === undefined) return undefined;
  report.kept(own, `address ${address}/${String(prefix)}`);
  report.kept(mask, `the length of the network is ${String(prefix)}`);
  report.kept(gateway, `router ${router}`);
  return { mode: 'static', address: `${address}/${String(prefix)}`, gateway: router };
}

function readIpv6(element: AnswerElement, work: ImportWork): DraftManagement['ipv6'] | undefined {
  const { report } = work;
  const names = ['ipv6', 'gatewayv6'];
  const at = attributeOf(element, 'protov6');
  const proto =
    at === undefined ? 'none' : choice(at, at.value, ['static', 'dhcp', 'autoconf', 'none'], work);
  if (proto === undefined) {
    coverChildren(element, names, work);
    return undefined;
  }
  if (at !== undefined) report.kept(at, `IPv6: ${proto}`);
  if (proto !== 'static') {
    noEffect(element, names, `protov6="${proto}"`, work);
    return { mode: proto === 'autoconf' ? 'auto' : proto };
  }
  const [own, gateway] = readChildren(element, names, 'protov6="static"', work);
  if (own === undefined || gateway === undefined) return undefined;
  const right = addressWithPrefix.refine((text) => isIPv6(text.split('/')[0] ?? ''));
  const address = fitting(own, own.text, right, 'an IPv6 address with its prefix length', work);
  const router = fitting(gateway, gateway.text, ipv6, 'an IPv6 address', work);
  if (address === undefined || router === undefined) return undefined;
  report.kept(own, `address ${address}`);
  report.kept(gateway, `router ${router}`);
  return { mode: 'static', address, gateway: router };
}

/** The children with these names; a mistake for each that is missing or empty. */
function readChildren(
  element: AnswerElement,
  names: readonly string[],
  why: string,
  work: ImportWork,
): (AnswerElement | undefined)[] {
  return names.map((name) => {
    const child = childNamed(element, name);
    if (child !== undefined) {
      work.report.cover(child);
      return textOf(child, work) === undefined ? undefined : child;
    }
    work.report.mistake(
      'input/missing-element',
      `${element.subject} with ${why} has no <${name}>`,
      { at: element, hint: `add <${name}>...</${name}>` },
    );
    return undefined;
  });
}

function noEffect(
  element: AnswerElement,
  names: readonly string[],
  why: string,
  { report }: ImportWork,
): void {
  for (const child of element.children) {
    if (!names.includes(child.definition.name)) continue;
    report.lost(child, `it has no effect with ${why}`, 'write static if it is meant');
  }
}

function coverChildren(element: AnswerElement, names: readonly string[], work: ImportWork): void {
  work.report.cover(...element.children.filter((one) => names.includes(one.definition.name)));
}

/** The length of 255.255.255.0 and the like. */
function readNetmask(element: AnswerElement, work: ImportWork): number | undefined {
  const { text } = element;
  const bits = isIPv4(text)
    ? text
        .split('.')
        .map((part) => Number(part).toString(2).padStart(8, '0'))
        .join('')
    : '';
  if (/^1+0*$/.test(bits)) return bits.lastIndexOf('1') + 1;
  work.report.mistake(
    'input/wrong-value',
    `${element.subject}: expected a network mask, found ${quote(text)}`,
    { at: element, hint: 'such as 255.255.255.0' },
  );
  return undefined;
}

function readVlan(element: AnswerElement, work: ImportWork): number | undefined {
  const at = attributeOf(element, 'vlan');
  if (at === undefined) return undefined;
  const value = /^\d{1,4}$/.test(at.value.trim()) ? Number(at.value) : at.value;
  const tag = fitting(at, value, vlan, 'a VLAN tag from 1 to 4094', work);
  if (tag !== undefined) work.report.kept(at, `VLAN ${String(tag)}`);
  return tag;
}
