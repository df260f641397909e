import test from 'ava';
import { ANSWER_TABLE } from '../../../src/host/answer/table.ts';
import { compareWithGolden } from '../../golden.ts';
import { tryImport, type Options, type Printed } from './answers.ts';

const PARTS: Readonly<Record<string, string>> = {
  disk: '<primary-disk>/dev/disk/by-id/wwn-0x5000c500a1b2c3d4</primary-disk>',
  admin: '<admin-interface hwaddr="52:54:00:12:34:56" proto="dhcp"/>',
  name: '<hostname>xen01</hostname>',
  password: '<root-password type="hash">!!</root-password>',
  source: '<source type="local"/>',
};

/** A whole answer file; `part` takes the place of the part of that name, or is added. */
function file(
  parts: Readonly<Record<string, string>>,
  root = '<installation sr-type="ext">',
): string {
  const end = `</${/\w+/.exec(root)?.[0] ?? ''}>`;
  return [root, ...Object.values({ ...PARTS, ...parts }).filter((one) => one !== ''), end].join(
    '\n',
  );
}

interface Case {
  title: string;
  xml: string;
  options?: Options;
}

const of = (title: string, part: string, xml: string, options: Options = {}): Case => ({
  title,
  xml: file({ [part]: xml }),
  options,
});
const add = (xml: string, options: Options = {}): Case =>
  of(xml.replace(/\s+/g, ' '), 'more', xml, options);
const disk = (xml: string, options: Options = {}): Case => of(xml, 'disk', xml, options);
const admin = (xml: string): Case => of(xml.replace(/\s+/g, ' '), 'admin', xml);
const root = (tag: string, options: Options = {}): Case => ({
  title: tag,
  xml: file({}, tag),
  options,
});

const STATIC =
  '<ipaddr>192.0.2.10</ipaddr><subnet>255.255.255.0</subnet><gateway>192.0.2.1</gateway>';

const CASES: readonly Case[] = [
  root('<installation mode="fresh">'),
  root('<installation mode="reinstall">'),
  root('<installation mode="upgrade">'),
  root('<installation mode="refresh">'),
  root('<upgrade mode="fresh">'),
  root('<upgrade mode="upgrade">'),
  root('<installation sr-type="lvm">'),
  root('<installation srtype="ext">'),
  root('<installation sr-type="largeblock">'),
  root('<installation sr-type="zfs">'),
  root('<installation sr-type="">', { dialect: 'xenserver' }),
  root('<installation sr-type="ext" srtype="lvm">'),
  root('<installation sr-type="ext" gpgcheck="true" repo-gpgcheck="no">'),
  { title: '<restore>', xml: '<restore>\n<backup-disk>sda</backup-disk>\n</restore>' },
  { title: '<p2v>', xml: '<p2v>\n</p2v>' },
  add('<ui-confirmation-prompt>true</ui-confirmation-prompt>'),
  add('<ui-confirmation-prompt>false</ui-confirmation-prompt>'),
  add('<ui-confirmation-prompt></ui-confirmation-prompt>'),
  add('<existing-installation fs-type="ext4">sda</existing-installation>'),
  add('<backup-disk>sda</backup-disk>'),

  disk(''),
  disk('<primary-disk>sda</primary-disk>'),
  disk('<primary-disk> /dev/nvme0n1 </primary-disk>'),
  disk('<primary-disk>/dev/disk/by-path/pci-0000:00:1f.2-ata-1</primary-disk>'),
  disk('<primary-disk>/dev/mapper/mpatha</primary-disk>'),
  disk('<primary-disk>sda1</primary-disk>'),
  disk('<primary-disk>/dev/nvme0n1p2</primary-disk>'),
  disk('<primary-disk>sd*</primary-disk>'),
  disk('<primary-disk>../etc/passwd</primary-disk>'),
  disk('<primary-disk></primary-disk>'),
  disk('<primary-disk>iscsi:192.0.2.9:6:3260:1a:iqn.2026-01.net.example:disk1</primary-disk>'),
  disk('<primary-disk>iscsi:192.0.2.9::::iqn.2026-01.net.example:disk1</primary-disk>'),
  disk('<primary-disk>iscsi:somewhere</primary-disk>'),
  disk('<primary-disk guest-storage="true">sda</primary-disk>'),
  disk('<primary-disk guest-storage="no">sda</primary-disk>'),
  disk('<primary-disk gueststorage="FALSE">sda</primary-disk>'),
  disk('<primary-disk guest-storage="on">sda</primary-disk>'),
  disk('<primary-disk sr-at-end="true">sda</primary-disk>'),
  disk('<primary-disk sr-at-end="false">sda</primary-disk>'),
  disk('<primary-disk preserve-first-partition="true">sda</primary-disk>'),
  disk('<primary-disk preserve-first-partition="no">sda</primary-disk>'),
  disk('<primary-disk preserve-first-partition="if-utility">sda</primary-disk>'),
  disk('<primary-disk preserve-first-partition="maybe">sda</primary-disk>'),
  disk('<primary-disk swraid="true">sda,/dev/sdb</primary-disk>'),
  disk('<primary-disk swraid="true">sda, missing</primary-disk>'),
  disk('<primary-disk swraid="true">sda</primary-disk>'),
  disk('<primary-disk swraid="true">sda,sda</primary-disk>'),
  disk('<primary-disk swraid="false">sda</primary-disk>'),
  disk('<primary-disk fs-type="ext3">sda</primary-disk>'),
  disk('<primary-disk fs-type="xfs">sda</primary-disk>'),
  disk(
    '<raid device="md127"><disk>sda</disk><disk>sdb</disk></raid><primary-disk>/dev/md127</primary-disk>',
  ),
  disk('<raid device="md127"><disk>sda</disk></raid><primary-disk>md127</primary-disk>'),
  disk('<primary-disk>md127</primary-disk>'),
  add('<raid device="md0"><disk>sdc</disk><disk>sdd</disk></raid>'),
  add('<raid device="md0"><disk>sdc</disk></raid>', { dialect: 'xenserver' }),
  add('<raid/>'),
  add('<guest-disks><guest-disk>sdb</guest-disk><guest-disk>/dev/sdb</guest-disk></guest-disks>'),
  add('<guest-disks/>'),
  add('<guest-disk>sdc</guest-disk>'),
  {
    title: '<guest-disk> that is the system disk, no storage there',
    xml: file({
      disk: '<primary-disk guest-storage="no">sda</primary-disk><guest-disk>sda</guest-disk>',
    }),
  },
  {
    title: 'sr-type where there is no storage',
    xml: file({ disk: '<primary-disk guest-storage="no">sda</primary-disk>' }),
  },
  add('<initial-partitions><partition number="1" size="100" id="de"/></initial-partitions>'),

  admin(''),
  admin('<admin-interface proto="dhcp"/>'),
  admin('<admin-interface name="eth0" proto="dhcp"/>'),
  admin('<admin-interface name="eth 0" proto="dhcp"/>'),
  admin('<admin-interface name="eth0" hwaddr="52:54:00:AB:CD:EF" proto="dhcp"/>'),
  admin('<admin-interface hwaddr="52-54-00-AB-CD-EF" proto="dhcp"/>'),
  admin('<admin-interface name="eth0"/>'),
  admin('<admin-interface name="eth0" proto="bootp"/>'),
  admin('<admin-interface name="eth0" proto="none"/>'),
  admin(`<admin-interface name="eth0" proto="static">${STATIC}</admin-interface>`),
  admin(
    '<admin-interface name="eth0" proto="static"><ip>192.0.2.10</ip><subnet-mask>255.255.240.0</subnet-mask><gateway>192.0.2.1</gateway></admin-interface>',
  ),
  admin(
    '<admin-interface name="eth0" proto="static"><ipaddr>192.0.2.10</ipaddr><subnet/></admin-interface>',
  ),
  admin(
    '<admin-interface name="eth0" proto="static"><ipaddr>2001:db8::1</ipaddr><subnet>255.0.255.0</subnet><gateway>router</gateway></admin-interface>',
  ),
  admin(`<admin-interface name="eth0" proto="dhcp">${STATIC}</admin-interface>`),
  admin('<admin-interface name="eth0" proto="none" protov6="autoconf"/>'),
  admin('<admin-interface name="eth0" proto="dhcp" protov6="dhcp"/>'),
  admin(
    '<admin-interface name="eth0" proto="dhcp" protov6="none"><ipv6>2001:db8::1/64</ipv6></admin-interface>',
  ),
  admin(
    '<admin-interface name="eth0" proto="none" protov6="static"><ipv6>2001:db8::1/64</ipv6><gatewayv6>fe80::1</gatewayv6></admin-interface>',
  ),
  admin(
    '<admin-interface name="eth0" proto="none" protov6="static"><ipv6>192.0.2.1/24</ipv6><gatewayv6>192.0.2.1</gatewayv6></admin-interface>',
  ),
  admin('<admin-interface name="eth0" proto="dhcp" protov6="slaac"/>'),
  admin('<admin-interface name="eth0" proto="dhcp" vlan="4094"/>'),
  admin('<admin-interface name="eth0" proto="dhcp" vlan=""/>'),
  admin('<admin-interface name="eth0" proto="dhcp" vlan="4095"/>'),
  admin('<admin-interface name="eth0" proto="dhcp" vlan="1e1"/>'),
  admin(
    '<bonding name="bond0" mode="lacp" members="eth0,eth1"/><admin-interface name="bond0" proto="dhcp"/>',
  ),
  admin(
    '<bonding name="bond0" mode="lacp" members="eth0"/><admin-interface name="bond0" proto="dhcp"/>',
  ),
  admin(
    '<bonding name="bond0" mode="802.3ad" members="eth0,eth1"/><admin-interface name="bond0" proto="dhcp"/>',
  ),
  add('<bonding name="bond1" mode="lacp" members="eth2,eth3"/>'),
  add('<fcoe-interface name="eth2"/>'),
  add('<fcoe-interface hwaddr="52:54:00:00:00:01"/>'),

  of('no <root-password>', 'password', ''),
  of('a plain password', 'password', '<root-password>secret</root-password>'),
  of(
    'a plain password, said so',
    'password',
    '<root-password type="plaintext">secret</root-password>',
  ),
  of('an empty password', 'password', '<root-password/>'),
  of(
    'a SHA-512 hash',
    'password',
    `<root-password type="hash">$6$abc$${'y'.repeat(86)}</root-password>`,
  ),
  of(
    'an MD5 hash',
    'password',
    '<root-password type="hash">$1$abc$0123456789abcdefghijkl</root-password>',
  ),
  of('CDATA', 'password', '<root-password><![CDATA[a<b]]></root-password>'),
  add('<name-server>192.0.2.53</name-server><name-server>2001:db8::53</name-server>'),
  add('<nameserver>192.0.2.53</nameserver>'),
  add('<name-server>dns.example.net</name-server>'),
  of('no <hostname>', 'name', ''),
  of('a name with its domain', 'name', '<hostname>xen01.example.net</hostname>'),
  of('the old default', 'name', '<hostname>localhost.localdomain</hostname>'),
  of('a bad name', 'name', '<hostname>xen_01</hostname>'),
  add('<timezone>Europe/Berlin</timezone>'),
  add('<timezone>Europe / Berlin</timezone>'),
  add('<keymap>de-latin1</keymap>'),
  add('<ntp source="dhcp"/>'),
  add('<ntp source="default"/>'),
  add('<ntp source="none"/>'),
  add('<ntp source="manual"/><ntp-server>ntp.example.net</ntp-server>'),
  add('<ntp source="manual"/>'),
  add('<ntp source="dhcp"/><ntp-servers>192.0.2.1</ntp-servers>'),
  add('<ntp/>'),
  add('<ntp-server>ntp.example.net</ntp-server>'),
  add('<ntp-servers>192.0.2.1</ntp-servers>'),
  {
    title: '<ntp source="dhcp"/> without DHCP',
    xml: file({
      admin: `<admin-interface hwaddr="52:54:00:12:34:56" proto="static">${STATIC}</admin-interface>`,
      more: '<ntp source="dhcp"/>',
    }),
  },

  of('no <source>', 'source', ''),
  add('<source type="url">https://root:pw@packs.example.net/tools/?key=1</source>'),
  add('<source type="nfs" gpgcheck="no" repo-gpgcheck="yes">nfs.example.net:/packs</source>'),
  add('<source type="cd"/>'),
  add('<source>http://packs.example.net/</source>'),
  add('<driver-source type="url">ftp://packs.example.net/driver/</driver-source>'),
  add('<netinstall-gpg-check>false</netinstall-gpg-check>'),
  add('<bootloader>grub2</bootloader>'),
  add('<bootloader location="mbr" write-boot-entry="true"/>'),
  add('<bootloader location="partition" write-boot-entry="false">grub2</bootloader>'),
  add('<bootloader>extlinux</bootloader>'),
  add('<network-backend>vswitch</network-backend>'),
  add('<network-backend>openvswitch</network-backend>'),
  add('<network-backend>bridge</network-backend>'),
  add('<network-backend>ovs</network-backend>'),
  add(
    '<selected-multiversion-drivers><driver name="bnxt_en">generic</driver></selected-multiversion-drivers>',
  ),
  add('<service name="snmpd" state="enabled"/><service name="sshd" state="disabled"/>'),
  add('<service name="snmpd"/>'),
  add('<ssh-mode>on</ssh-mode>'),
  add('<ssh-mode>off</ssh-mode>'),
  add('<ssh-mode>auto</ssh-mode>'),
  add('<ssh-mode>maybe</ssh-mode>'),

  add('<script stage="installation-start" type="url">https://u:p@h.example.net/a.sh?k=v</script>'),
  add('<script stage="packages-installed" type="URL">http://h.example.net/a.sh</script>'),
  add('<script stage="filesystem-populated" type="url">file:///root/a.sh</script>'),
  add('<script stage="Installation-Complete" type="nfs">nfs.example.net:/a.sh</script>'),
  add('<script stage="installation-start" type="url">ftp://h.example.net/a.sh</script>'),
  add('<script stage="first-boot" type="url">https://h.example.net/a.sh</script>'),
  add('<script type="url">https://h.example.net/a.sh</script>'),
  add('<script stage="installation-start" type="url"/>'),
  add('<post-install-script type="url">https://h.example.net/a.sh</post-install-script>'),
  add('<post-install-script type="nfs">nfs://h.example.net/a.sh</post-install-script>'),
  add('<install-failed-script>file:///root/a.sh</install-failed-script>'),
  add('<install-failed-script type="url">https://h.example.net/a.sh</install-failed-script>'),
];

test('every element and attribute: what becomes of it', async (t) => {
  const plain = await tryImport(file({}));
  t.deepEqual(plain.errors, []);
  const blocks: string[] = [];
  for (const { title, xml, options } of CASES) {
    blocks.push(`== ${title}\n${difference(plain, await tryImport(xml, options))}`);
  }
  await compareWithGolden(t, import.meta.url, 'elements.txt', `${blocks.join('\n')}\n`);
});

/** What is there beside or instead of what a plain file gives; places are left out of the comparison. */
function difference(plain: Printed, found: Printed): string {
  const place = /^a\.xml:\d+:\d+: /;
  const usual = new Set(plain.notes.map((note) => note.replace(place, '')));
  const notes = found.notes.filter((note) => !usual.has(note.replace(place, '')));
  const content = ({ hostFile }: Printed): string[] =>
    hostFile.filter((line) => !line.startsWith('# '));
  const [before, after] = [content(plain), content(found)];
  const lines =
    found.errors.length > 0
      ? []
      : [
          ...before.filter((line) => !after.includes(line)).map((line) => `-${line}`),
          ...after.filter((line) => !before.includes(line)).map((line) => `+${line}`),
        ];
  return [...found.errors, ...notes, ...lines].join('\n');
}

test('the cases name every element, attribute and alias of the table', (t) => {
  const all = CASES.map(({ xml }) => xml).join('\n');
  for (const element of ANSWER_TABLE) {
    for (const name of [element.name, ...(element.aliases ?? [])]) {
      t.regex(all, new RegExp(`<${name}[\\s/>]`), name);
    }
    for (const attribute of element.attributes) {
      for (const name of [attribute.name, ...(attribute.aliases ?? [])]) {
        t.regex(all, new RegExp(`<${element.name}\\s[^>]*\\b${name}="`), `${element.name} ${name}`);
      }
    }
  }
});

/** What the sources of both installers read; see docs/answer-files.md. */
const KNOWN = `
installation mode sr-type srtype gpgcheck repo-gpgcheck | upgrade | restore | source type gpgcheck repo-gpgcheck |
driver-source type | script stage type | post-install-script type | install-failed-script type |
ui-confirmation-prompt | bootloader location write-boot-entry | network-backend | fcoe-interface name hwaddr |
raid device | disk | primary-disk guest-storage gueststorage sr-at-end preserve-first-partition swraid fs-type |
guest-disks | guest-disk | admin-interface name hwaddr proto protov6 vlan | ipaddr | ip | subnet | subnet-mask |
gateway | ipv6 | gatewayv6 | bonding name mode members | root-password type | name-server | nameserver | hostname |
timezone | ntp source | ntp-server | ntp-servers | keymap | ssh-mode | service name state |
selected-multiversion-drivers | driver name | existing-installation fs-type | backup-disk`;

test('the table has every element and attribute that an installer reads', (t) => {
  for (const entry of KNOWN.trim().split('|')) {
    const [name = '', ...attributes] = entry.trim().split(/\s+/);
    const element = ANSWER_TABLE.find((one) => [one.name, ...(one.aliases ?? [])].includes(name));
    const known = element?.attributes.flatMap((one) => [one.name, ...(one.aliases ?? [])]);
    t.deepEqual(
      attributes.filter((attribute) => known?.includes(attribute) !== true),
      [],
      name,
    );
    t.truthy(element, name);
  }
});
