// The simulator as packages with upstream's names: an origin for images of tests.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../../../src/builder/bundle.ts';
import { makeDeb } from '../../builder/packages/deb.ts';

const PROGRAM = 'usr/lib/xapi-simulator/xapi.cjs';
const CLASSES = 'usr/lib/xapi-simulator/classes.json';
const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** Packages of the recipe that hold nothing here. */
const EMPTY = ['xenopsd-xc', 'squeezed', 'xcp-rrdd', 'message-switch', 'forkexecd', 'sm'];

const UNIT = `[Unit]
Description=Simulator of xapi, for tests
After=network.target local-fs.target

[Service]
Environment=XAPI_SIMULATOR_CLASSES=/${CLASSES} XAPI_SIMULATOR_FASTER=4
ExecStart=/usr/bin/node /${PROGRAM}
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;

/** The management network in the order in which the real one makes it; other bridges are only in the simulator's database. */
const NETWORKD = `#!/bin/sh
# Simulator of xcp-networkd, for tests.
set -e
KNOWN=/var/lib/xcp/networkd.db
[ -e "$KNOWN" ] || cp /etc/firstboot.d/data/management.conf "$KNOWN"
. /etc/xensource-inventory
. "$KNOWN"
BRIDGE="$MANAGEMENT_INTERFACE"
CARD="\${BOND_MEMBERS%%,*}"
CARD="\${CARD:-$LABEL}"
MAC="$(cat "/sys/class/net/$CARD/address")"
switch() { ovs-vsctl --timeout=20 "$@"; }
switch set Open_vSwitch . other_config:max-idle=5000
switch -- --may-exist add-br "$BRIDGE" -- set bridge "$BRIDGE" "other-config:hwaddr=\"$MAC\"" fail_mode=standalone
ip link set "$BRIDGE" up
ip link set "$CARD" up
switch -- --may-exist add-port "$BRIDGE" "$CARD"
ip -4 addr flush dev "$CARD"
ip -6 addr flush dev "$CARD"
sysctl -q -w "net.ipv6.conf.$CARD.autoconf=0" "net.ipv6.conf.$CARD.accept_ra=0"
if [ "$MODE" = static ]; then
  ip addr replace "$IP/$NETMASK" dev "$BRIDGE"
  [ -z "$GATEWAY" ] || ip route replace default via "$GATEWAY" dev "$BRIDGE"
else
  : >"/var/lib/xcp/dhclient-$BRIDGE.conf"
  /sbin/dhclient -e GATEWAYDEV="$BRIDGE" -q -pf "/var/run/dhclient-$BRIDGE.pid" \
    -lf "/var/lib/xcp/dhclient-$BRIDGE.leases" -cf "/var/lib/xcp/dhclient-$BRIDGE.conf" "$BRIDGE"
fi
systemd-notify --ready
exec sleep infinity
`;

/** No order with Open vSwitch, as upstream's has none: the recipe brings it. */
const NETWORKD_UNIT = `[Unit]
Description=Simulator of xcp-networkd, for tests
Before=xapi.service

[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/lib/xapi-simulator/networkd
Restart=on-failure
RestartSec=2

[Install]
WantedBy=multi-user.target
`;

const XE = `#!/bin/sh
XAPI_SIMULATOR_CLASSES=/${CLASSES} exec /usr/bin/node /${PROGRAM} xe "$@"
`;

/** Makes the packages in a directory: `--origin xapi=dir:DIRECTORY`. */
export async function makeSimulatorPackages(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const bundle = join(directory, 'xapi.cjs');
  await bundleProgram(MAIN, bundle);
  const classes = join(import.meta.dirname, '../../../../test/xapi-simulator/classes.json');
  await makeDeb(directory, {
    name: 'xapi-core',
    fields: { Depends: 'nodejs' },
    files: {
      [PROGRAM]: await readFile(bundle, 'utf8'),
      [CLASSES]: await readFile(classes, 'utf8'),
      'usr/lib/systemd/system/xapi.service': UNIT,
      'usr/lib/systemd/system/multi-user.target.d/xapi.conf': '[Unit]\nWants=xapi.service\n',
    },
  });
  await makeDeb(directory, {
    ...{ name: 'xapi-xe', fields: { Depends: 'xapi-core' } },
    files: { 'usr/bin/xe': XE },
    executable: ['usr/bin/xe'],
  });
  await makeDeb(directory, {
    ...{ name: 'xcp-networkd', fields: { Depends: 'isc-dhcp-client, openvswitch-switch' } },
    files: {
      'usr/lib/xapi-simulator/networkd': NETWORKD,
      'usr/lib/systemd/system/xcp-networkd.service': NETWORKD_UNIT,
      'usr/lib/systemd/system/multi-user.target.d/xcp-networkd.conf':
        '[Unit]\nWants=xcp-networkd.service\n',
    },
    executable: ['usr/lib/xapi-simulator/networkd'],
  });
  for (const name of EMPTY) await makeDeb(directory, { name });
}
