// A guest that is nothing but busybox, made in dom0 of what dom0 has: it writes to its disk, reaches the network, and says so.
import type { LiveMachine } from './live.ts';
import { putFile } from './live.ts';

/** What it says when all is well. */
export const GUEST_WORKS = /GUEST disk ok[\s\S]*GUEST network ok/;

const INIT = `#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs dev /dev
for module in /modules/*.ko; do busybox insmod $module; done
for second in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/xvda ] && [ -e /sys/class/net/eth0 ] && break; busybox sleep 1; done
echo from-the-guest | busybox dd of=/dev/xvda bs=512 count=1 conv=sync 2>/dev/null
busybox sync
busybox dd if=/dev/xvda bs=512 count=1 2>/dev/null | busybox grep -q from-the-guest && echo "GUEST" "disk ok"
busybox ip link set eth0 up
busybox ip address add 10.0.2.77/24 dev eth0
for attempt in 1 2 3 4 5 6 7 8 9 10; do busybox ping -c 1 -W 2 10.0.2.2 && break; done && echo "GUEST" "network ok"
busybox sleep 20
busybox poweroff -f
`;

const MAKE = `set -e
UNPACK='import lzma, sys; open(sys.argv[2], "wb").write(lzma.open(sys.argv[1]).read())'
mkdir -p /root/guest/bin /root/guest/modules /root/guest/proc /root/guest/sys /root/guest/dev
cp /usr/bin/busybox /root/guest/bin/
ln -sf busybox /root/guest/bin/sh
for library in $(ldd /usr/bin/busybox | grep -o '/[^ ]*'); do
  mkdir -p "/root/guest$(dirname "$library")"
  cp -L "$library" "/root/guest$library"
done
for module in xen-netfront xen-blkfront; do
  file=$(modinfo -n "$module")
  case $file in
    *.ko.xz) python3 -c "$UNPACK" "$file" "/root/guest/modules/$module.ko" ;;
    *.ko) cp "$file" /root/guest/modules/ ;;
  esac
done
install -m 755 /root/guest.init /root/guest/init
(cd /root/guest && find . | cpio --quiet -o -H newc | gzip -1) >/root/guest.img
`;

const CONFIGURATION = (volume: string): string => `name = "guest"
type = "pv"
memory = 160
vcpus = 1
kernel = "/boot/vmlinuz"
ramdisk = "/root/guest.img"
extra = "console=hvc0 quiet"
disk = [ "phy:${volume},xvda,w" ]
vif = [ "" ]
`;

/** Makes the guest on a new volume of a group and starts it; what it says within `seconds`. */
export async function runGuest(
  machine: LiveMachine,
  group: string,
  seconds = 180,
): Promise<string> {
  await putFile(machine, '/root/guest.init', INIT);
  await putFile(machine, '/root/guest.sh', MAKE);
  await putFile(machine, '/root/guest.cfg', CONFIGURATION(`/dev/${group}/guest`));
  for (const line of [
    'sh /root/guest.sh',
    'ls /boot/vmlinuz || ln -s "$(ls /boot/vmlinuz-* | tail -n 1)" /boot/vmlinuz',
    `lvcreate --yes --quiet --size 64m --name guest ${group}`,
    'xl create /root/guest.cfg',
  ]) {
    const { code, output } = await machine.shell(line, 300);
    if (code !== 0) throw new Error(`${line}: ${output}`);
  }
  // What the guest said before somebody listens is kept for them.
  const listen = `timeout ${seconds} sh -c 'xl console guest </dev/null | grep -m 2 "GUEST .* ok"'`;
  const { output } = await machine.shell(listen, seconds + 60);
  await machine.shell('xl destroy guest');
  return output;
}
