// By what a DHCP server knows this host: kept, so that the bridge gets the lease that the card had.

/** Hexadecimal digits of a text such as `00:01:2a`, or of digits without colons. */
function plainDigits(text: string): string {
  return text.replaceAll(/[^0-9a-f]/gi, '').toLowerCase();
}

/** RFC 4361: type 255, the last four bytes of the address as IAID, the DUID of the host. */
export function duidIdentifier(mac: string, duid: string): string {
  return `ff${plainDigits(mac).slice(-8)}${plainDigits(duid)}`;
}

/**
 * `default-duid` in a lease file of dhclient, as hexadecimal digits; the last one counts. Source: dhclient.leases(5).
 */
export function parseDefaultDuid(leases: string): string | undefined {
  const found = [...leases.matchAll(/^\s*default-duid\s+("(?:[^"\\]|\\.)*"|[0-9a-fA-F:]+)\s*;/gms)];
  const text = found.at(-1)?.[1];
  if (text === undefined) return undefined;
  if (!text.startsWith('"')) {
    // dhclient leaves out leading zeros: 0:1:0:1:2b.
    return text
      .split(':')
      .map((part) => part.padStart(2, '0').toLowerCase())
      .join('');
  }
  const bytes = [...text.slice(1, -1).matchAll(/\\([0-7]{1,3})|\\?(.)/gs)].map(
    ([, octal, plain]) =>
      octal === undefined ? (plain ?? '').charCodeAt(0) : Number.parseInt(octal, 8),
  );
  return Buffer.from(bytes).toString('hex');
}

/** What tells how a client of ifupdown calls the host. */
export interface ClientFacts {
  mac: string;
  /** Arguments of the client that runs; undefined where none does. */
  arguments: readonly string[] | undefined;
  /** Of dhclient, for IPv4 and IPv6. */
  leases: readonly string[];
  /** Of dhcpcd: its DUID as text, and its settings. */
  duid: string | undefined;
  settings: string;
}

/**
 * The client identifier as hexadecimal digits; undefined where the client sends none and is known by its address.
 * Sources: dhclient(8) -i, which Debian's ifupdown gives; dhcpcd.conf(5) duid and clientid.
 */
export function clientIdentifier(facts: ClientFacts): string | undefined {
  const program = facts.arguments?.[0]?.split('/').at(-1) ?? '';
  if (program.startsWith('dhclient')) {
    if (facts.arguments?.includes('-i') !== true) return undefined;
    const duid = facts.leases.map(parseDefaultDuid).find((one) => one !== undefined);
    return duid === undefined ? undefined : duidIdentifier(facts.mac, duid);
  }
  if (program.startsWith('dhcpcd') && facts.duid !== undefined) {
    const usesDuid = /^\s*duid\b/m.test(facts.settings);
    return usesDuid ? duidIdentifier(facts.mac, facts.duid) : `01${plainDigits(facts.mac)}`;
  }
  return undefined;
}

/** Names that networkd has for types of DUIDs. */
const DUID_TYPES = ['link-layer-time', 'vendor', 'link-layer', 'uuid'];

/**
 * What networkd must be told so that it sends an identifier: lines for [DHCPv4], and for [DHCPv6] where it has a DUID.
 * What cannot be said becomes the address of the card. Source: systemd.network(5).
 */
export function identityLines(identifier: string | undefined): { ipv4: string[]; ipv6: string[] } {
  const [, iaid = '', type = '', data = ''] =
    /^ff([0-9a-f]{8})([0-9a-f]{4})((?:[0-9a-f]{2}){2,126})$/.exec(identifier ?? '') ?? [];
  const name = DUID_TYPES[Number.parseInt(type, 16) - 1];
  if (name === undefined) return { ipv4: ['ClientIdentifier=mac'], ipv6: [] };
  const raw = data.match(/../g)?.join(':') ?? '';
  const duid = [`IAID=${Number.parseInt(iaid, 16)}`, `DUIDType=${name}`, `DUIDRawData=${raw}`];
  return { ipv4: ['ClientIdentifier=duid', ...duid], ipv6: duid };
}
