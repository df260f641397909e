// The host file of a host that was there before, with a remark above each part that says where it comes from.
import { dump } from 'js-yaml';
import type { Disk } from '../../host/inventory.ts';
import type { DiskMatch } from '../../host/schema/disks.ts';
import type { AdoptedNetwork } from './derive.ts';
import { matchOf } from './spare-disk.ts';

/** A text and where it was found. */
export interface Found {
  value: string;
  source: string;
}

export interface HostFileFacts {
  hostname: Found;
  timezone: Found | undefined;
  networks: readonly AdoptedNetwork[];
  /** All disks of the machine, those with /, and the one for a storage repository. */
  disks: readonly Disk[];
  system: readonly Disk[];
  spare: { disk: Disk | undefined; text: string };
  /** What the host has and this file has no words for, one phrase each. */
  lost: readonly string[];
}

/** What the storage repository and its disk are called. */
const REPOSITORY = 'local';

/** The text of the host file, version 1. */
export function writeHostFile(facts: HostFileFacts): string {
  const { hostname, timezone, networks, spare, lost } = facts;
  const [management, ...further] = networks;
  if (management === undefined) throw new TypeError('writeHostFile: no network');
  return [
    ...comment([
      'This host as it was when kronos-firstboot adopted it. Change it and run: kronos-firstboot apply',
      'Accounts, SSH keys, time servers and everything else that is not in here stay as they are.',
      ...lost.map((text) => `NOT KEPT: ${text}.`),
    ]),
    part([], { version: 1 }),
    part([hostname.source], { hostname: hostname.value }),
    ...(timezone === undefined ? [] : [part([timezone.source], { timezone: timezone.value })]),
    part([...systemRemarks(facts), `Storage: ${spare.text}.`], { disks: disksOf(facts) }),
    part(remarks(networks), {
      network: {
        management: networkOf(management, management),
        ...(further.length === 0
          ? {}
          : {
              networks: further.map((one) => ({ name: one.name, ...networkOf(one, management) })),
            }),
      },
    }),
    ...(spare.disk === undefined
      ? []
      : [
          part([`On ${spare.disk.name}.`], {
            storage: [{ type: 'lvm', name: REPOSITORY, disks: [REPOSITORY], default: true }],
          }),
        ]),
  ].join('');
}

function part(remarks: readonly string[], value: unknown): string {
  return `${comment(remarks).join('')}${dump(value, { lineWidth: -1, noRefs: true })}`;
}

/** One line each, whatever is in the text. */
function comment(lines: readonly string[]): string[] {
  return lines.map((line) => `# ${line.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}\n`);
}

function remarks(networks: readonly AdoptedNetwork[]): string[] {
  return networks.flatMap(({ name, sources }) => sources.map((source) => `${name}: ${source}`));
}

function systemRemarks({ system }: HostFileFacts): string[] {
  const names = system.map(({ name }) => name).join(', ');
  return [
    names === ''
      ? 'No disk was found below /; nothing is done to any disk of the system.'
      : `/ is on ${names}; nothing is done to it.`,
  ];
}

function disksOf({ system, disks, spare }: HostFileFacts): unknown {
  return {
    system: systemOf(system, disks),
    ...(spare.disk === undefined
      ? {}
      : { storage: [{ name: REPOSITORY, match: matchOf(spare.disk, disks) }] }),
  };
}

function systemOf(system: readonly Disk[], disks: readonly Disk[]): unknown {
  const [first, second, ...more] = system;
  if (first === undefined) return { match: {} };
  if (second === undefined || more.length > 0) return { match: matchOf(first, disks) };
  const both = merge(matchOf(first, disks), matchOf(second, disks));
  return both === undefined ? { match: matchOf(first, disks) } : { match: both, count: 2, raid: 1 };
}

/** A clause for two disks, where they are known by the same key. */
function merge(a: DiskMatch, b: DiskMatch): DiskMatch | undefined {
  for (const key of ['serial', 'wwn', 'path'] as const) {
    const [one, two] = [a[key], b[key]];
    if (typeof one === 'string' && typeof two === 'string') return { [key]: [one, two] };
  }
  return undefined;
}

function networkOf(one: AdoptedNetwork, management: AdoptedNetwork): Record<string, unknown> {
  const { bond, vlan, mtu, ipv4, ipv6, dns, search, routes } = one;
  const isMain = one === management;
  const shares = !isMain && sameCards(one, management);
  const macs = one.cards.map(({ mac }) => mac);
  return {
    ...(shares
      ? {}
      : {
          interface: {
            match: { mac: macs.length === 1 ? macs[0] : macs },
            ...(macs.length === 1 ? {} : { count: macs.length }),
          },
          ...(bond === undefined ? {} : { bond }),
        }),
    ...(vlan === undefined ? {} : { vlan }),
    ...(mtu === undefined ? {} : { mtu }),
    ...{ ipv4, ipv6 },
    ...(isMain && dns.length > 0 ? { dns } : {}),
    ...(isMain && search.length > 0 ? { search } : {}),
    ...(isMain && routes.length > 0 ? { routes } : {}),
  };
}

export function sameCards(a: AdoptedNetwork, b: AdoptedNetwork): boolean {
  const key = ({ cards }: AdoptedNetwork): string =>
    cards
      .map(({ mac }) => mac)
      .sort()
      .join(' ');
  return key(a) === key(b);
}
