// The files that make an installed image one host: decided here as texts, written elsewhere.
import type { HostFile } from '../../host/schema/host-file.ts';
import type { InstallPlan } from '../plan/plan.ts';

export interface HostText {
  /** Absolute path on the host. */
  path: string;
  text: string;
  mode: number;
}

/** Where the state partition is mounted. */
export const STATE_MOUNT = '/var/lib/kronos/state';

/** The file by which the network is managed until first boot takes it over. */
const NETWORK_FILE = '/etc/systemd/network/10-kronos-management.network';

/** Lines of the file system table; `state` holds directories that live on the state partition. */
export function fileSystemTable(
  ids: { rootA: string; state: string; swap: string; efi: readonly string[] },
  state: readonly string[],
  swap: boolean,
): string {
  const line = (...fields: string[]): string => `${fields.join('\t')}\n`;
  return [
    '# Made by kronos-install. State outlives the image: each of these directories lies on the state partition.\n',
    line(`UUID=${ids.rootA}`, '/', 'ext4', 'errors=remount-ro', '0', '1'),
    line(`UUID=${ids.state}`, STATE_MOUNT, 'ext4', 'defaults', '0', '2'),
    ...state.map((path) => line(`${STATE_MOUNT}${path}`, path, 'none', 'bind', '0', '0')),
    swap ? line(`UUID=${ids.swap}`, 'none', 'swap', 'sw', '0', '0') : '',
  ].join('');
}

/** Plain files of the host; accounts, identity and boot loader come elsewhere. */
export function hostTexts(hostFile: HostFile, plan: InstallPlan): HostText[] {
  const file = (path: string, text: string, mode = 0o644): HostText => ({ path, text, mode });
  const [short = ''] = hostFile.hostname.split('.');
  const names = short === hostFile.hostname ? short : `${hostFile.hostname} ${short}`;
  return [
    file('/etc/hostname', `${short}\n`),
    file(
      '/etc/hosts',
      `127.0.0.1 localhost\n127.0.1.1 ${names}\n::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n`,
    ),
    file('/etc/default/locale', `LANG=${hostFile.locale}\n`),
    file('/etc/vconsole.conf', `KEYMAP=${hostFile.keymap}\n`),
    file('/etc/timezone', `${hostFile.timezone}\n`),
    ...(hostFile.ntp.length === 0
      ? []
      : [
          file(
            '/etc/chrony/sources.d/kronos.sources',
            hostFile.ntp.map((server) => `server ${server} iburst\n`).join(''),
          ),
        ]),
    ...managementTexts(hostFile, plan),
  ];
}

/**
 * The management network on plain cards, so that the host can be reached as soon as it starts. Open vSwitch, bonds and
 * further networks are first boot's.
 */
function managementTexts(hostFile: HostFile, plan: InstallPlan): HostText[] {
  const { management } = hostFile.network;
  const [card] = plan.management;
  if (card === undefined) return [];
  const { ipv4, ipv6 } = management;
  const vlan = management.vlan;
  const addressing = [
    `DHCP=${dhcpMode(ipv4.mode === 'dhcp', ipv6.mode === 'dhcp')}`,
    `IPv6AcceptRA=${ipv6.mode === 'auto' || ipv6.mode === 'dhcp' ? 'yes' : 'no'}`,
    `LinkLocalAddressing=${ipv6.mode === 'none' ? 'no' : 'ipv6'}`,
    ...[ipv4, ipv6].flatMap((family) =>
      family.mode === 'static'
        ? [`Address=${family.address}`, ...(family.gateway ? [`Gateway=${family.gateway}`] : [])]
        : [],
    ),
    ...management.dns.map((server) => `DNS=${server}`),
    ...(management.search.length === 0 ? [] : [`Domains=${management.search.join(' ')}`]),
    ...management.routes.flatMap(({ to, via }) => [
      '',
      '[Route]',
      `Destination=${to}`,
      `Gateway=${via}`,
    ]),
    '',
    '[DHCPv4]',
    // Machine ids are new after every installation; switches and servers know the card.
    'ClientIdentifier=mac',
  ];
  const link = management.mtu === undefined ? [] : ['', '[Link]', `MTUBytes=${management.mtu}`];
  const head = '# Made by kronos-install from the host file.';
  const section = (match: string, lines: readonly string[]): string =>
    `${[head, '[Match]', match, ...link, '', '[Network]', ...lines].join('\n')}\n`;
  if (vlan === undefined) {
    return [
      { path: NETWORK_FILE, text: section(`MACAddress=${card.mac}`, addressing), mode: 0o644 },
    ];
  }
  const name = `vlan${vlan}`;
  return [
    {
      path: NETWORK_FILE,
      text: section(`MACAddress=${card.mac}\nType=ether\nKind=!*`, [
        `VLAN=${name}`,
        'LinkLocalAddressing=no',
      ]),
      mode: 0o644,
    },
    {
      path: `/etc/systemd/network/10-kronos-${name}.netdev`,
      text: `${head}\n[NetDev]\nName=${name}\nKind=vlan\n\n[VLAN]\nId=${vlan}\n`,
      mode: 0o644,
    },
    {
      path: `/etc/systemd/network/10-kronos-${name}.network`,
      text: section(`Name=${name}`, addressing),
      mode: 0o644,
    },
  ];
}

function dhcpMode(ipv4: boolean, ipv6: boolean): string {
  if (ipv4 && ipv6) return 'yes';
  return ipv4 ? 'ipv4' : ipv6 ? 'ipv6' : 'no';
}
