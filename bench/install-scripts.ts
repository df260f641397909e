// What Kronos is measured against, as scripts for the shell of the live system. Both begin with an empty disk, which is
// known by its serial number: disks that are plugged in at the same time get their names in any order.

const DIVIDE = `
disk=$(readlink -f /dev/disk/by-id/virtio-KRONOS-LAB-0)
sgdisk --clear -n 1:2048:+1M -t 1:EF02 -n 2::+256M -t 2:EF00 -n 3::+3G -n 4::+2G -n 5:: $disk
udevadm settle
mkfs.vfat -F 32 \${disk}2
mkfs.ext4 -q -F \${disk}3
mkfs.ext4 -q -F \${disk}4
mkdir -p /run/target
mount \${disk}3 /run/target
`;

const LOADER = `
mkdir -p /run/target/boot/efi
mount \${disk}2 /run/target/boot/efi
grub-install --target=i386-pc --boot-directory=/run/target/boot $disk
grub-install --target=x86_64-efi --efi-directory=/run/target/boot/efi --boot-directory=/run/target/boot --removable --no-nvram
cat >/run/target/boot/grub/grub.cfg <<MENU
menuentry Xen {
  multiboot2 /boot/xen.gz placeholder
  module2 /vmlinuz placeholder root=\${disk}3
  module2 --nounzip /initrd.img
}
MENU
sync
umount -R /run/target
`;

/** The least that makes a host: file systems, the two layers, kernel and initrd, GRUB twice. Nothing is checked. */
export const BARE = `${DIVIDE}
for layer in packages host; do
  unsquashfs -quiet -no-progress -force -dest /run/target /run/kronos/medium/kronos/layers/$layer.squashfs
done
cp /run/kronos/medium/boot/initrd.img /run/target/initrd.img
${LOADER}`;

/** What debian-installer does: unpack what is essential, configure it, then apt from a repository on a local disk. */
export const BY_PACKAGE = `${DIVIDE}
mkdir -p /run/repository
mount -o ro /dev/disk/by-id/virtio-KRONOS-BENCH-0 /run/repository
T=/run/target
for d in bin sbin lib lib64; do mkdir -p $T/usr/$d; ln -s usr/$d $T/$d; done
deb() { awk -v n="$1" '$1 == "Package:" { p = $2 } $1 == "Filename:" && p == n { print "/run/repository/" $2 }' /run/repository/Packages; }
essential=$(awk '$1 == "Package:" { p = $2 } $1 == "Essential:" && $2 == "yes" || $1 == "Priority:" && $2 == "required" { print p }' /run/repository/Packages | sort -u)
needed() {
  awk -v list="$*" 'BEGIN { split(list, a, " "); for (i in a) want[a[i]] = 1 }
    $1 == "Package:" { p = $2 }
    ($1 == "Depends:" || $1 == "Pre-Depends:") && p in want { sub(/^[^:]*: /, ""); gsub(/\\([^)]*\\)|:[a-z]+/, ""); gsub(/[,|]/, " "); print }' /run/repository/Packages | tr ' ' '\\n' | sort -u
}
all=$essential
while :; do
  more=$( (echo $all | tr ' ' '\\n'; needed $all) | sort -u)
  more=$(awk '$1 == "Package:" { print $2 }' /run/repository/Packages | sort -u | comm -12 - <(echo "$more"))
  [ "$more" != "$all" ] || break
  all=$more
done
files=
for p in $all; do f=$(deb $p); dpkg-deb --fsys-tarfile $f | tar -x -C $T --keep-directory-symlink; files="$files /repository/\${f#/run/repository/}"; done
mkdir -p $T/var/lib/dpkg/info $T/var/lib/dpkg/updates $T/repository
: >>$T/var/lib/dpkg/status
: >>$T/var/lib/dpkg/available
for d in dev proc sys; do mount --bind /$d $T/$d; done
mount --bind /run/repository $T/repository
printf '#!/bin/sh\\nexit 101\\n' >$T/usr/sbin/policy-rc.d
chmod +x $T/usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
chroot $T dpkg --install --force-depends --force-unsafe-io $files
echo 'deb [trusted=yes] file:/repository ./' >$T/etc/apt/sources.list
chroot $T apt-get -q update
chroot $T apt-get -q -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io install $(cat /run/repository/asked)
umount $T/repository $T/dev $T/proc $T/sys
${LOADER}`;
