// Keyfiles of NetworkManager, nm-settings-keyfile(5), and what it is told to leave alone.
import { unique, wordsOf, type ConfigFile, type Configured } from './configured.ts';
import { parseIni, valueOf, type IniSection } from './ini.ts';
import { plainServer } from './networkd.ts';

/** What NetworkManager says of a device in /run/NetworkManager/devices/NUMBER. */
export interface ManagedDevice {
  managed: boolean;
  /** UUID of the connection that is up. */
  connection: string | undefined;
}

export function parseDeviceState(text: string): ManagedDevice {
  const sections = parseIni(text);
  const managed = valueOf(sections, 'device', 'managed');
  return {
    managed: managed !== 'false' && managed !== '0',
    connection: valueOf(sections, 'device', 'connection-uuid'),
  };
}

/** The UUID of a keyfile. */
export function uuidOf({ text }: ConfigFile): string | undefined {
  return valueOf(parseIni(text), 'connection', 'uuid');
}

/** What a keyfile says of the interface that it is up on. */
export function describeKeyfile({ path, text }: ConfigFile): Configured {
  const sections = parseIni(text);
  const listOf = (key: string): string[] =>
    ['ipv4', 'ipv6'].flatMap((family) => wordsOf(valueOf(sections, family, key) ?? ''));
  return {
    source: `${valueOf(sections, 'connection', 'id') ?? 'a connection'} in ${path}`,
    ipv4: methodOf(sections, 'ipv4', { auto: 'dhcp', manual: 'static' }),
    // Whether a router or DHCP gives the address, the router says.
    ipv6: methodOf(sections, 'ipv6', { auto: 'auto', dhcp: 'dhcp', manual: 'static' }),
    dns: unique(listOf('dns').map(plainServer)),
    search: unique(listOf('dns-search')),
  };
}

function methodOf<T extends string>(
  sections: readonly IniSection[],
  family: string,
  known: Readonly<Record<string, T>>,
): T | 'none' | undefined {
  const method = valueOf(sections, family, 'method');
  return method === undefined ? undefined : (known[method] ?? 'none');
}

/** A file for /etc/NetworkManager/conf.d; resolv.conf stays as it is, because nobody else would write it. */
export function unmanagedText(names: readonly string[], remark: string): string {
  const devices = names.map((name) => `interface-name:${name}`).join(';');
  return [
    ...[`# ${remark}`, '[main]', 'dns=none', ''],
    ...['[keyfile]', `unmanaged-devices+=${devices}`, ''],
  ].join('\n');
}

/**
 * The client identifier of the lease that `nmcli -t -f DHCP4 device show` prints, as hexadecimal digits.
 */
export function parseClientIdentifier(text: string): string | undefined {
  const found = /dhcp_client_identifier = ([0-9a-f:\\]+)$/im.exec(text)?.[1];
  return found?.replaceAll(/[^0-9a-f]/gi, '').toLowerCase();
}
