// A menu of GRUB with Xen, in the form in which update-grub of Debian writes it: two submenus have the same id.

const UUID = '5d3f7a1e-0c1b-4c65-9b2e-2f8e5f1c0a77';

function entry(title: string, id: string, indent = ''): string {
  return `${indent}menuentry '${title}' --class debian --class os $menuentry_id_option '${id}-${UUID}' {
${indent}	load_video
${indent}	if [ x$feature_platform_search_hint = xy ]; then
${indent}	  search --no-floppy --fs-uuid --set=root ${UUID}
${indent}	fi
${indent}	echo	'Loading ...'
${indent}}
`;
}

/** What starts Xen in MENU. */
export const XEN_ENTRY = `xen-gnulinux-simple-${UUID}`;
export const PLAIN_ENTRY = `gnulinux-simple-${UUID}`;

export const MENU = `# written by a program
if [ -s $prefix/grubenv ]; then
  load_env
fi
if [ "\${next_entry}" ] ; then
   set default="\${next_entry}"
else
   set default="\${saved_entry}"
fi
function savedefault {
  if [ -z "\${boot_once}" ]; then
    saved_entry="\${chosen}"
  fi
}
${entry('Debian GNU/Linux', 'gnulinux-simple')}submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-${UUID}' {
${entry('Debian GNU/Linux, with Linux 6.12.48-amd64', 'gnulinux-6.12.48-amd64-advanced', '\t')}}
${entry('Debian GNU/Linux, with Xen hypervisor', 'xen-gnulinux-simple')}submenu 'Advanced options for Debian GNU/Linux (with Xen hypervisor)' $menuentry_id_option 'gnulinux-advanced-${UUID}' {
	submenu 'Xen hypervisor, version 4.20-amd64' $menuentry_id_option 'xen-hypervisor-4.20-amd64-${UUID}' {
${entry('Debian GNU/Linux, with Xen 4.20-amd64 and Linux 6.12.48-amd64', 'xen-gnulinux-6.12.48-amd64-advanced', '\t\t')}	}
}
menuentry 'UEFI Firmware Settings' $menuentry_id_option 'uefi-firmware' {
	fwsetup
}
`;
