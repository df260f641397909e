// Files of systemd-networkd: what a .network file says, and which files are of some interfaces only.
import { unique, wordsOf, type ConfigFile, type Configured } from './configured.ts';
import { isOn, parseIni, valueOf, valuesOf } from './ini.ts';

/** What networkd says of a link in /run/systemd/netif/links/NUMBER. */
export interface NetworkdLink {
  /** `configured`, `configuring`, `unmanaged`, ... */
  state: string | undefined;
  /** The .network file in use. */
  file: string | undefined;
  dropIns: string[];
}

/** Reads the state of a link. Source: systemd 252 and 257, networkd-link.c. */
export function parseLinkState(text: string): NetworkdLink {
  const values = new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, key, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value.replaceAll('"', '')]];
    }),
  );
  return {
    state: values.get('ADMIN_STATE'),
    file: values.get('NETWORK_FILE'),
    dropIns: wordsOf((values.get('NETWORK_FILE_DROPINS') ?? '').replaceAll(':', ' ')),
  };
}

/** The client identifier of a lease in /run/systemd/netif/leases/NUMBER, as hexadecimal digits. */
export function parseLeaseIdentifier(text: string): string | undefined {
  return /^CLIENTID=([0-9a-f]+)$/im.exec(text)?.[1]?.toLowerCase();
}

/** What a .network file and its drop-ins say of the interface that it matches. */
export function describeNetworkd(file: ConfigFile, dropIns: readonly ConfigFile[]): Configured {
  const sections = [file, ...dropIns].flatMap(({ text }) => parseIni(text));
  const addresses = [
    ...valuesOf(sections, 'Network', 'Address'),
    ...valuesOf(sections, 'Address', 'Address'),
  ];
  const has = (family: 4 | 6): boolean =>
    addresses.some((address) => address.includes(':') === (family === 6));
  const dhcp = (valueOf(sections, 'Network', 'DHCP') ?? 'no').toLowerCase();
  const learns = (family: 4 | 6): boolean =>
    isOn(dhcp) || dhcp === 'both' || dhcp === `ipv${family}` || dhcp === `v${family}`;
  const accepts = valueOf(sections, 'Network', 'IPv6AcceptRA');
  return {
    source: file.path,
    ipv4: learns(4) ? 'dhcp' : has(4) ? 'static' : 'none',
    // Without the key the kernel's setting decides, and the addresses tell.
    ipv6: learns(6)
      ? 'dhcp'
      : has(6)
        ? 'static'
        : accepts === undefined
          ? undefined
          : isOn(accepts)
            ? 'auto'
            : 'none',
    dns: unique(valuesOf(sections, 'Network', 'DNS').flatMap(wordsOf)).map(plainServer),
    search: unique(valuesOf(sections, 'Network', 'Domains').flatMap(wordsOf)).filter(
      (domain) => !domain.startsWith('~'),
    ),
  };
}

/** `[2001:db8::1]:53%eth0#name` is an address with what only some servers need. */
export function plainServer(text: string): string {
  const bare = text.replace(/[#%].*$/, '');
  return /^\[(.*)\]/.exec(bare)?.[1] ?? bare.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}

export interface Owned {
  names: ReadonlySet<string>;
  /** Small letters. */
  macs: ReadonlySet<string>;
}

/**
 * Whether a file is of these interfaces and no others: by whole names or addresses. One that matches by patterns serves others
 * as well; ours is read before it.
 */
export function isOnlyOf({ path, text }: ConfigFile, { names, macs }: Owned): boolean {
  const sections = parseIni(text);
  if (path.endsWith('.netdev')) return names.has(valueOf(sections, 'NetDev', 'Name') ?? '');
  if (!path.endsWith('.network')) return false;
  const list = (key: string): string[] => valuesOf(sections, 'Match', key).flatMap(wordsOf);
  const named = list('Name');
  const addressed = [...list('MACAddress'), ...list('PermanentMACAddress')];
  if (named.length === 0 && addressed.length === 0) return false;
  return (
    named.every((name) => names.has(name)) &&
    addressed.every((mac) => macs.has(mac.toLowerCase().replaceAll('-', ':')))
  );
}
