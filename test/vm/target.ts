// An iSCSI target of the kernel of dom0, for its own initiator: real on both sides.
import type { LiveMachine } from './live.ts';
import { putFile } from './live.ts';

export const IQN = 'iqn.2020-01.net.example:san';

/** Of a target that exists for a few minutes. */
export const TARGET_LOGIN = { user: 'xen', password: 'canary-of-chap' };

const MAKE = (portals: readonly string[]): string => `set -e
modprobe -a target_core_file iscsi_target_mod
TARGET=/sys/kernel/config/target
DISK=$TARGET/core/fileio_0/disk
mkdir -p "$DISK"
truncate -s 200M /root/volume
echo fd_dev_name=/root/volume,fd_dev_size=209715200 >"$DISK/control"
echo kronos-lab >"$DISK/wwn/vpd_unit_serial"
echo 1 >"$DISK/enable"
mkdir -p "$TARGET/iscsi"
mkdir "$TARGET/iscsi/${IQN}"
GROUP=$TARGET/iscsi/${IQN}/tpgt_1
mkdir "$GROUP"
mkdir "$GROUP/lun/lun_0"
ln -s "$DISK" "$GROUP/lun/lun_0/disk"
for portal in ${portals.join(' ')}; do mkdir "$GROUP/np/$portal:3260"; done
echo 1 >"$GROUP/attrib/generate_node_acls"
echo 0 >"$GROUP/attrib/demo_mode_write_protect"
echo 1 >"$GROUP/attrib/authentication"
# The kernel keeps what it is given, the end of a line as well.
printf %s ${TARGET_LOGIN.user} >"$GROUP/auth/userid"
printf %s ${TARGET_LOGIN.password} >"$GROUP/auth/password"
echo 1 >"$GROUP/enable"
`;

/** Makes the target, with one volume of 200 MiB, at addresses of the machine. */
export async function makeTarget(machine: LiveMachine, portals: readonly string[]): Promise<void> {
  await putFile(machine, '/root/target.sh', MAKE(portals));
  const { code, output } = await machine.shell('sh /root/target.sh', 300);
  if (code !== 0) throw new Error(output);
}
