// The script that makes the disk of a plain Debian; it runs as root in a mount namespace of its own.
import { LAB_HASH } from './host-text.ts';

/**
 * Fixed; what varies comes as arguments: the disk, a directory to mount it at, the suite, packages (commas), the file with the
 * sources, the address of the proxy, the directory of files to add, who has the network (static or dhcp).
 */
export const MAKE_DISK = `
set -eu
disk=$1 root=$2 suite=$3 include=$4 sources=$5 proxy=$6 overlay=$7 network=$8
export LC_ALL=C.UTF-8 TZ=UTC DEBIAN_FRONTEND=noninteractive

truncate -s 8G "$disk"
sfdisk --quiet --label gpt "$disk" <<END
size=1M, type=21686148-6449-6E6F-744E-656564454649
type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
END
loop=$(losetup --find --show --partscan "$disk")
trap 'umount --recursive "$root" 2>/dev/null || :; losetup --detach "$loop" 2>/dev/null || :' EXIT
# Not every kernel that this runs on reads a GPT, and what was told of another disk may be left.
partx --delete "$loop" 2>/dev/null || :
partx --add "$loop"
mkfs.ext4 -q -L plain "\${loop}p2"
mkdir "$root"
mount "\${loop}p2" "$root"
# From here on the kernel gives the loop device back when the last of us is gone, however that happens.
losetup --detach "$loop"

# The initrd is made once, at the end.
INITRD=No mmdebstrap --mode=root --variant=minbase --skip=cleanup/apt/lists \\
  --aptopt="Acquire::http::Proxy \\"$proxy\\"" --aptopt='Acquire::Languages "none"' \\
  --aptopt='APT::Install-Recommends "false"' \\
  --include="$include" "$suite" "$root" "$sources"

rm -f "$root"/etc/apt/sources.list.d/* "$root"/etc/apt/sources.list "$root/etc/apt/apt.conf.d/99mmdebstrap"
echo 'Acquire::Languages "none";' >"$root/etc/apt/apt.conf.d/20languages"
cp -rT --remove-destination --no-preserve=mode,ownership "$overlay" "$root"
chmod 700 "$root/root/.ssh"
chmod 600 "$root/root/.ssh/authorized_keys"

uuid=$(blkid -p -s UUID -o value "\${loop}p2")
echo "UUID=$uuid / ext4 errors=remount-ro 0 1" >"$root/etc/fstab"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
# update-grub writes the UUID of the disk only where udev knows it.
mount -t tmpfs dev "$root/dev"
mkdir -p "$root/dev/disk/by-uuid"
for node in null zero random urandom; do cp -a "/dev/$node" "$root/dev/"; done
cp -a "$loop" "\${loop}p2" "$root/dev/"
ln -s "../../\${loop##*/}p2" "$root/dev/disk/by-uuid/$uuid"

echo 'root:${LAB_HASH}' | chroot "$root" chpasswd --encrypted
echo 'grub-pc grub-pc/install_devices multiselect /dev/vda' | chroot "$root" debconf-set-selections
for kernel in "$root"/boot/vmlinuz-*; do chroot "$root" update-initramfs -c -k "\${kernel##*/vmlinuz-}"; done
chroot "$root" grub-install --target=i386-pc "$loop"
chroot "$root" update-grub
if [ "$network" = dhcp ]; then chroot "$root" systemctl enable systemd-networkd systemd-resolved; fi
umount --recursive "$root"
`;
