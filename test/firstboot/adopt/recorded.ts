// Recorded hosts, one for each way in which a network is configured.
import type { RecordedHost } from './hosts.ts';
import { ROUTER4 } from './hosts.ts';
import { MENU } from './menu.ts';

const A = '52:54:00:12:34:56';
const B = '52:54:00:12:34:57';
const C = '52:54:00:12:34:58';

const GRUB = {
  'boot/grub/grub.cfg': MENU,
  'boot/grub/grubenv': '# GRUB Environment Block\n######',
  'etc/default/grub': 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\n',
  'etc/default/grub.d/kronos.cfg': 'GRUB_DEFAULT=saved\n',
  'etc/resolv.conf': 'search example.net\nnameserver 192.0.2.53\n',
};

const DHCP4 = {
  ...{ dst: 'default', gateway: '192.0.2.1', dev: 'ens3', protocol: 'dhcp' },
  ...{ prefsrc: '192.0.2.10', metric: 1024, flags: [] },
};

const CARD = { name: 'ens3', mac: A, card: true };

/** Two cards in a bond; the kernel gives both the address of the first. */
function bond(mode: string, more: Record<string, unknown> = {}): RecordedHost['links'] {
  return [
    { ...{ name: 'ens3', mac: A, card: true, master: 'bond0', permanent: A } },
    { ...{ name: 'ens4', mac: A, card: true, master: 'bond0', permanent: B } },
    { ...{ name: 'bond0', mac: A, kind: 'bond', data: { mode, miimon: 100, ...more } } },
  ];
}

export const HOSTS: Record<string, RecordedHost> = {
  'ifupdown-static': {
    links: [
      { ...CARD, addresses: ['192.0.2.10/24', '2001:db8::10/64', 'fe80::5054:ff:fe12:3456/64'] },
      { name: 'ens4', mac: B, card: true },
    ],
    routes4: [
      ROUTER4,
      { dst: '10.9.0.0/16', gateway: '192.0.2.254', dev: 'ens3', flags: [] },
      { dst: '192.0.2.0/24', dev: 'ens3', protocol: 'kernel', scope: 'link', flags: [] },
    ],
    routes6: [{ dst: 'default', gateway: '2001:db8::1', dev: 'ens3', metric: 1024, flags: [] }],
    files: {
      ...GRUB,
      'etc/network/interfaces': `# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

source /etc/network/interfaces.d/*

# The loopback network interface
auto lo
iface lo inet loopback

# The primary network interface
allow-hotplug ens3
iface ens3 inet static
	address 192.0.2.10/24
	gateway 192.0.2.1
	up ip route add 10.9.0.0/16 via 192.0.2.254
	# dns-* options are implemented by the resolvconf package, if installed
	dns-nameservers 192.0.2.53 192.0.2.54
	dns-search example.net
iface ens3 inet6 static
	address 2001:db8::10/64
	gateway 2001:db8::1
`,
    },
  },
  'ifupdown-ipv6': {
    links: [
      {
        ...CARD,
        addresses: ['192.0.2.10/24', '2001:db8::10/64', '2001:db8::5054:ff:fe12:3456/64 dynamic'],
      },
      { name: 'ens4', mac: B, card: true, addresses: ['fec0::5/64'] },
    ],
    routes4: [ROUTER4],
    routes6: [
      { ...{ dst: 'default', gateway: 'fe80::1', dev: 'ens3', protocol: 'ra' }, metric: 1024 },
    ],
    files: {
      ...GRUB,
      'etc/resolv.conf': 'search example.net lab.example.\nnameserver 192.0.2.53\n',
      'etc/network/interfaces': `auto lo ens3 ens4
iface lo inet loopback
iface ens3 inet static
    address 192.0.2.10/24
    gateway 192.0.2.1
    dns-search web.example
    post-up /usr/local/sbin/firewall start
    up ip route add 10.9.0.0/16 via 192.0.2.254
iface ens3 inet6 auto
iface ens3 inet6 static
    address 2001:db8::10/64
iface ens4 inet6 static
    address fec0::5/64
    dns-nameservers fec0::53
`,
    },
  },
  'ifupdown-dhcp': {
    links: [{ ...CARD, addresses: ['192.0.2.10/24 dynamic'] }],
    routes4: [{ ...ROUTER4, flags: [] }],
    files: {
      ...GRUB,
      'etc/network/interfaces': 'source-directory interfaces.d\nauto lo\niface lo inet loopback\n',
      'etc/network/interfaces.d/ens3': 'auto ens3\niface ens3 inet dhcp\n',
      'proc/612/cmdline':
        'dhclient\0-4\0-v\0-i\0-pf\0/run/dhclient.ens3.pid\0-lf\0/var/lib/dhcp/dhclient.ens3.leases\0-I\0-df\0/var/lib/dhcp/dhclient6.ens3.leases\0ens3\0',
      'var/lib/dhcp/dhclient.ens3.leases': String.raw`default-duid "\000\001\000\0012\234\375\001RT\000\0224V";
lease {
  interface "ens3";
  fixed-address 192.0.2.10;
}
`,
    },
  },
  'ifupdown-bond-vlan': {
    links: [
      ...bond('active-backup', { active_slave: 'ens3' }),
      { name: 'ens5', mac: C, card: true, mtu: 9000, addresses: ['10.8.0.5/24'] },
      {
        ...{ name: 'bond0.20', mac: A, kind: 'vlan', parent: 'bond0' },
        ...{ data: { protocol: '802.1Q', id: 20 }, addresses: ['192.0.2.10/24'] },
      },
      {
        ...{ name: 'vlan30', mac: A, kind: 'vlan', parent: 'bond0' },
        data: { protocol: '802.1Q', id: 30 },
      },
    ],
    routes4: [{ ...ROUTER4, dev: 'bond0.20' }],
    files: {
      ...GRUB,
      'etc/network/interfaces': `auto lo
iface lo inet loopback

auto bond0
iface bond0 inet manual
    bond-slaves ens3 ens4
    bond-mode active-backup
    bond-miimon 100

auto bond0.20
iface bond0.20 inet static
    address 192.0.2.10
    netmask 255.255.255.0
    gateway 192.0.2.1

auto vlan30 ens5
iface vlan30 inet manual
    vlan-raw-device bond0
iface ens5 inet static
    address 10.8.0.5/24
    mtu 9000
`,
    },
  },
  'networkd-dhcp': {
    links: [
      { ...CARD, addresses: ['192.0.2.10/24 dynamic', '2001:db8::5054:ff:fe12:3456/64 dynamic'] },
    ],
    routes4: [DHCP4],
    routes6: [{ dst: 'default', gateway: 'fe80::1', dev: 'ens3', protocol: 'ra', metric: 1024 }],
    enabled: ['systemd-networkd.service'],
    files: {
      ...GRUB,
      'etc/resolv.conf': 'nameserver 127.0.0.53\n',
      'etc/systemd/network/20-wired.network':
        '[Match]\nName=ens3\n\n[Network]\nDHCP=ipv4\nIPv6AcceptRA=yes\n',
      'etc/systemd/network/90-rest.network': '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n',
      'run/systemd/netif/links/2':
        'ADMIN_STATE=configured\nOPER_STATE=routable\nNETWORK_FILE=/etc/systemd/network/20-wired.network\nDNS=192.0.2.53\n',
      'run/systemd/netif/leases/2':
        'ADDRESS=192.0.2.10\nROUTER=192.0.2.1\nCLIENTID=ffb6220feb00020000ab11b4bba1aac01e4b3c\n',
    },
  },
  'networkd-bond-vlan': {
    links: [
      ...bond('802.3ad', { ad_lacp_rate: 'fast' }),
      {
        ...{ name: 'mgmt', mac: A, kind: 'vlan', parent: 'bond0' },
        ...{ data: { protocol: '802.1Q', id: 20 }, addresses: ['192.0.2.10/24'] },
      },
    ],
    routes4: [{ ...ROUTER4, dev: 'mgmt', protocol: 'static' }],
    enabled: ['systemd-networkd.service'],
    files: {
      ...GRUB,
      'etc/systemd/network/10-bond0.netdev':
        '[NetDev]\nName=bond0\nKind=bond\n\n[Bond]\nMode=802.3ad\nLACPTransmitRate=fast\n',
      'etc/systemd/network/20-cards.network': `[Match]\nPermanentMACAddress=${A} ${B}\n\n[Network]\nBond=bond0\n`,
      'etc/systemd/network/30-bond0.network': '[Match]\nName=bond0\n\n[Network]\nVLAN=mgmt\n',
      'etc/systemd/network/30-mgmt.netdev': '[NetDev]\nName=mgmt\nKind=vlan\n\n[VLAN]\nId=20\n',
      'etc/systemd/network/40-mgmt.network':
        '[Match]\nName=mgmt\n\n[Network]\nAddress=192.0.2.10/24\nGateway=192.0.2.1\nDNS=192.0.2.53\nDomains=example.net\nIPv6AcceptRA=no\n',
      'run/systemd/netif/links/5':
        'ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/40-mgmt.network\n',
    },
  },
  'netplan-bond-vlan': {
    links: [
      ...bond('active-backup'),
      { name: 'ens5', mac: C, card: true, addresses: ['10.8.0.5/24'] },
      {
        ...{ name: 'bond0.20', mac: A, kind: 'vlan', parent: 'bond0' },
        ...{ data: { protocol: '802.1Q', id: 20 }, addresses: ['192.0.2.10/24'] },
      },
    ],
    routes4: [{ ...ROUTER4, dev: 'bond0.20', protocol: 'static' }],
    enabled: ['systemd-networkd.service'],
    files: {
      ...GRUB,
      'etc/cloud/cloud.cfg.d/': '',
      'etc/netplan/50-cloud-init.yaml': `# written by cloud-init
network:
  version: 2
  ethernets:
    ens3: { dhcp4: no }
    second:
      match: { macaddress: "${B}" }
      set-name: ens4
    ens5: { addresses: [10.8.0.5/24] }
    ens9: { dhcp4: true, optional: true }
  bonds:
    bond0:
      interfaces: [ens3, second]
      parameters: { mode: active-backup }
  vlans:
    bond0.20:
      id: 20
      link: bond0
      addresses: [192.0.2.10/24]
      routes: [{ to: default, via: 192.0.2.1 }]
      nameservers: { addresses: [192.0.2.53], search: [example.net] }
`,
      'run/systemd/network/10-netplan-bond0.20.network':
        '[Match]\nName=bond0.20\n\n[Network]\nLinkLocalAddressing=ipv6\nAddress=192.0.2.10/24\nDNS=192.0.2.53\nDomains=example.net\n\n[Route]\nDestination=0.0.0.0/0\nGateway=192.0.2.1\n',
      'run/systemd/network/10-netplan-ens5.network':
        '[Match]\nName=ens5\n\n[Network]\nAddress=10.8.0.5/24\n',
      'run/systemd/netif/links/5':
        'ADMIN_STATE=configured\nNETWORK_FILE=/run/systemd/network/10-netplan-ens5.network\n',
      'run/systemd/netif/links/6':
        'ADMIN_STATE=configured\nNETWORK_FILE=/run/systemd/network/10-netplan-bond0.20.network\n',
    },
  },
  'network-manager-dhcp': {
    links: [
      {
        ...CARD,
        addresses: ['192.0.2.10/24 dynamic', '2001:db8::9/64 dynamic', '2001:db8::77/64 temporary'],
      },
    ],
    routes4: [{ ...DHCP4, metric: 100 }],
    files: {
      ...GRUB,
      'etc/NetworkManager/system-connections/Wired.nmconnection':
        '[connection]\nid=Wired\nuuid=6f1c1f5e-7a0c-4d9b-b0a7-0123456789ab\ntype=ethernet\ninterface-name=ens3\n\n[ipv4]\nmethod=auto\n\n[ipv6]\naddr-gen-mode=stable-privacy\nmethod=auto\n',
      'run/NetworkManager/devices/2':
        '[device]\nmanaged=true\nconnection-uuid=6f1c1f5e-7a0c-4d9b-b0a7-0123456789ab\n',
    },
    programs: {
      'nmcli -t -f DHCP4 device show ens3': `DHCP4.OPTION[1]:dhcp_client_identifier = 01:${A}\nDHCP4.OPTION[2]:ip_address = 192.0.2.10\n`,
    },
  },
};

/** One of them. */
export function hostNamed(name: string): RecordedHost {
  const host = HOSTS[name];
  if (host === undefined) throw new TypeError(`no such host: ${name}`);
  return host;
}
