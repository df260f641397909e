# shellcheck shell=sh
# /scripts/kronos of the initrd: puts the layers of the appliance together and leaves the result at ${rootmnt}.
# initramfs-tools sources this file for boot=kronos and then calls mountroot. POSIX sh, run by busybox.
#
# Kernel arguments:
#   kronos.label=LABEL   file system label of the medium (default: the one this initrd was made with)
#   kronos.wait=SECONDS  how long to wait for the medium (default 90; USB sticks may take half a minute)
#   kronos.image=URL     http[s] directory that holds the layers, instead of a medium; the host name
#                        `next-server` stands for the boot server that DHCP names
#   kronos.toram         copy the layers to memory; the medium can be taken out afterwards
#   kronos.check         check every file of the medium before going on
#   panic=SECONDS        reboot after a failure without offering a shell
#
# The running system finds /run/kronos/medium, /run/kronos/layers/NAME, /run/kronos/layers.list, /run/kronos/host.area and
# /run/kronos/boot (NAME='value' lines that say where it was started from).

: "${KRONOS_CMDLINE:=/proc/cmdline}" "${KRONOS_CONF:=/conf/kronos}" "${KRONOS_RUN:=/run/kronos}"
KRONOS_TRIES=10
KRONOS_FAIL_SECONDS=120

# --- what was asked for ---------------------------------------------------------------------------

kronos_parse_cmdline() {
	kronos_label='' kronos_image='' kronos_toram=n kronos_check=n kronos_wait=90
	[ ! -r "$KRONOS_CONF/label" ] || read -r kronos_label <"$KRONOS_CONF/label"
	set -f # a word like * must stay a word
	# shellcheck disable=SC2013
	for kronos_word in $(cat "$KRONOS_CMDLINE"); do
		case $kronos_word in
		kronos.label=?*) kronos_label=${kronos_word#kronos.label=} ;;
		kronos.image=*) kronos_image=${kronos_word#kronos.image=} ;;
		kronos.wait=*) kronos_wait=$(kronos_number "${kronos_word#kronos.wait=}" 90) ;;
		kronos.toram) kronos_toram=y ;;
		kronos.check) kronos_check=y ;;
		esac
	done
	set +f
}

# The first argument where it is a whole number, else the second.
kronos_number() {
	case $1 in
	'' | *[!0-9]* | ??????*) echo "$2" ;;
	*) echo "$1" ;;
	esac
}

# A URL without its trailing slashes; nothing and status 1 for what is not http or https with a host.
# iPXE names the tftp address its script came from: the same server and path are asked over HTTP.
kronos_clean_url() {
	kronos_url=$1
	[ "${kronos_url#tftp://}" = "$kronos_url" ] || kronos_url=http://${kronos_url#tftp://}
	while [ "${kronos_url%/}" != "$kronos_url" ]; do kronos_url=${kronos_url%/}; done
	case $kronos_url in
	http://[!/:]* | https://[!/:]*) echo "$kronos_url" ;;
	*) return 1 ;;
	esac
}

# A URL with the host name `next-server` replaced by an address: URL ADDRESS.
kronos_resolve_url() {
	kronos_scheme=${1%%://*} kronos_rest=${1#*://}
	case $kronos_rest in
	next-server | next-server[:/]*)
		[ -n "$2" ] && [ "$2" != 0.0.0.0 ] || return 1
		echo "$kronos_scheme://$2${kronos_rest#next-server}"
		;;
	*) echo "$1" ;;
	esac
}

# Bytes in decimal megabytes, rounded up.
kronos_megabytes() {
	echo $((($1 + 999999) / 1000000))
}

# Seconds to wait before attempt number $1 (the second attempt is number 2).
kronos_delay() {
	case $1 in
	2) echo 2 ;;
	3) echo 4 ;;
	4) echo 8 ;;
	5) echo 15 ;;
	*) echo 30 ;;
	esac
}

# Sum of the sizes of all layers, in bytes.
kronos_total_size() {
	kronos_total=0
	while read -r kronos_name kronos_size kronos_digest; do
		[ -z "$kronos_name" ] || kronos_total=$((kronos_total + kronos_size))
	done <"$KRONOS_CONF/layers"
	echo "$kronos_total"
}

# Lower directories of the overlay, top layer first, as overlayfs wants them; the list has the bottom first.
kronos_lower_directories() {
	kronos_lower=''
	while read -r kronos_name kronos_size kronos_digest; do
		[ -z "$kronos_name" ] ||
			kronos_lower=$KRONOS_RUN/layers/$kronos_name${kronos_lower:+:$kronos_lower}
	done <"$KRONOS_CONF/layers"
	echo "$kronos_lower"
}

# The value after = of a line NAME=value or NAME='value' in a file: FILE NAME.
kronos_setting() {
	sed -n "s/^$2=//p" "$1" | tr -d "'\"" | head -n 1
}

# --- talking to people ----------------------------------------------------------------------------

# Every console of the kernel: the screen and the serial line alike, whichever of them is /dev/console.
kronos_consoles() {
	if [ -n "${KRONOS_CONSOLES-}" ]; then
		echo "$KRONOS_CONSOLES"
		return
	fi
	kronos_active=''
	[ ! -r /sys/class/tty/console/active ] || read -r kronos_active </sys/class/tty/console/active
	echo "${kronos_active:-console}"
}

# printf on every console.
kronos_print() {
	for kronos_console in $(kronos_consoles); do
		# shellcheck disable=SC2059
		printf "$@" 2>/dev/null >>"/dev/$kronos_console"
	done
	return 0
}

kronos_say() {
	kronos_print 'kronos: %s\r\n' "$*"
}

# Rewrites the current line.
kronos_progress() {
	kronos_print '\r\033[Kkronos: %s' "$*"
}

# Waits for a key on any console: SECONDS TEXT (printed with the seconds left in front of ` s`).
# Leaves the key in kronos_key and the console in kronos_key_console; status 1 when the time is over.
kronos_wait_key() {
	kronos_until=$(($(_uptime) + $1))
	kronos_shown=''
	while kronos_left=$((kronos_until - $(_uptime))) && [ "$kronos_left" -gt 0 ]; do
		if [ "$kronos_left" != "$kronos_shown" ]; then
			kronos_print '\r\033[K  %s %s s ' "$2" "$kronos_left"
			kronos_shown=$kronos_left
		fi
		for kronos_key_console in $(kronos_consoles); do
			[ "$kronos_key_console" != tty0 ] || kronos_key_console=tty1
			kronos_key=''
			# shellcheck disable=SC3045
			if read -r -s -n 1 -t 1 kronos_key <"/dev/$kronos_key_console" 2>/dev/null; then
				kronos_print '\r\n'
				return 0
			fi
		done
	done
	kronos_print '\r\n'
	return 1
}

# A shell on the console where a key was pressed.
kronos_shell() {
	kronos_print '\r\n  A shell of the initrd. What happened is in dmesg and in %s.\r\n' "$KRONOS_RUN"
	kronos_print '  `exit` or `reboot -f` starts the machine again.\r\n\r\n'
	PS1='kronos# ' setsid -c sh -i <>"/dev/$1" >&0 2>&1
}

kronos_reboot() {
	kronos_say 'restarting'
	sync
	reboot -f
	sleep 60
}

# The frame of a message: 79 columns, so that the last column of a screen stays free.
kronos_rule() {
	echo '+-----------------------------------------------------------------------------+'
}

# Frames standard input: CODE HEADING.
kronos_frame() {
	kronos_rule
	printf '| %-36s%39s |\n' "$2" "$1"
	kronos_rule
	fold -s -w 75 | while IFS= read -r kronos_line; do printf '| %-75s |\n' "$kronos_line"; done
	kronos_rule
}

# The end of a boot that cannot go on: CODE, the text on standard input. Never returns.
kronos_fail() {
	kronos_code=$1
	mkdir -p "$KRONOS_RUN"
	kronos_frame "KRONOS-BOOT/$kronos_code" 'KRONOS CANNOT START' >"$KRONOS_RUN/failure"
	dmesg -n 1 >/dev/null 2>&1 # nothing may run over the message
	! command -v chvt >/dev/null 2>&1 || chvt 1 2>/dev/null
	for kronos_console in $(kronos_consoles); do
		{
			case $kronos_console in
			tty*[!0-9]*) printf '\r\n\r\n' ;; # a serial line keeps what it has shown
			tty*) printf '\033[0m\033[2J\033[H\n' ;;
			*) printf '\r\n\r\n' ;;
			esac
			sed 's/$/\r/' "$KRONOS_RUN/failure"
		} 2>/dev/null >>"/dev/$kronos_console"
	done
	if [ -n "${panic-}" ]; then # the operator wants no shell at the console
		case $panic in
		0 | *[!0-9-]*) while :; do sleep 3600; done ;; # as the kernel: 0 waits for ever
		-*) ;;
		*)
			kronos_say "restarting in $panic s (panic=$panic)"
			sleep "$panic"
			;;
		esac
	elif kronos_wait_key "$KRONOS_FAIL_SECONDS" 'Any key: a shell.  Otherwise the machine restarts in'; then
		kronos_shell "$kronos_key_console"
	fi
	while :; do kronos_reboot; done
}

# --- the medium -----------------------------------------------------------------------------------

# The block device with the label, by udev's link or by looking at every device.
kronos_device() {
	if [ -e "/dev/disk/by-label/$1" ]; then
		readlink -f "/dev/disk/by-label/$1"
	else
		findfs "LABEL=$1" 2>/dev/null
	fi
}

# What storage there is, for messages: one line per device, `sda1 vfat EFI`.
kronos_list_devices() {
	for kronos_path in /sys/class/block/*; do
		kronos_name=${kronos_path##*/}
		case $kronos_name in loop* | ram* | zram* | dm-*) continue ;; esac
		kronos_tags=$(blkid "/dev/$kronos_name" 2>/dev/null)
		kronos_type=$(echo "$kronos_tags" | sed -n 's/.* TYPE="\([^"]*\)".*/\1/p')
		kronos_its_label=$(echo "$kronos_tags" | sed -n 's/.* LABEL="\([^"]*\)".*/\1/p')
		echo "  $kronos_name  ${kronos_type:--}  ${kronos_its_label:--}"
	done | head -n 8
}

kronos_find_medium() {
	[ -n "$kronos_label" ] || kronos_fail no-label <<-EOF
		Nothing says where the appliance is: neither kronos.label= nor
		kronos.image= is among the kernel arguments.

		What to do: start one of the entries of the boot menu unchanged.
	EOF
	kronos_begin=$(_uptime) kronos_shown=''
	while :; do
		kronos_medium=$(kronos_device "$kronos_label")
		[ -z "$kronos_medium" ] || break
		kronos_past=$(($(_uptime) - kronos_begin))
		[ "$kronos_past" -lt "$kronos_wait" ] || break
		if [ $((kronos_past / 5)) != "$kronos_shown" ]; then
			kronos_shown=$((kronos_past / 5))
			kronos_progress "waiting for the medium $kronos_label ($kronos_past of $kronos_wait s)"
		fi
		sleep 0.5
	done
	[ -n "$kronos_medium" ] || kronos_fail medium-not-found <<-EOF
		The medium that this boot was started from did not appear in $kronos_wait s.

		expected  a file system labelled $kronos_label
		found     (device, type, label)
		$(kronos_list_devices)

		What to do: put the medium into another port, leave it in until the system
		is up, or give slow hardware more time with kronos.wait=300. Where the
		machine was started over the network, kronos.image=URL is missing.
	EOF
	kronos_say "the medium $kronos_label is $kronos_medium"
}

kronos_mount_medium() {
	mkdir -p "$KRONOS_RUN/medium"
	for kronos_type in iso9660 vfat ext4; do
		! mount -t "$kronos_type" -o ro,nosuid,nodev "$kronos_medium" "$KRONOS_RUN/medium" 2>/dev/null ||
			return 0
	done
	kronos_fail medium-unreadable <<-EOF
		The medium $kronos_label on $kronos_medium cannot be mounted.

		$(dmesg | tail -n 4)

		What to do: write the image to another medium and compare its digest with
		SHA256SUMS before.
	EOF
}

# Every layer has to be there in its whole length; cheap, and finds media that were written in part.
kronos_look_at_layers() {
	while read -r kronos_name kronos_size kronos_digest; do
		[ -n "$kronos_name" ] || continue
		kronos_file=$KRONOS_RUN/medium/kronos/layers/$kronos_name.squashfs
		kronos_found=$(stat -c %s "$kronos_file" 2>/dev/null)
		[ "$kronos_found" = "$kronos_size" ] || kronos_fail layer-missing <<-EOF
			The medium does not hold the layer $kronos_name that this boot needs.

			file      /kronos/layers/$kronos_name.squashfs on $kronos_medium
			expected  $kronos_size bytes
			found     ${kronos_found:-no such file}${kronos_found:+ bytes}

			What to do: write the image to the medium again; it is incomplete, or files
			of two images were mixed.
		EOF
	done <"$KRONOS_CONF/layers"
}

# Compares a file with a digest: FILE DIGEST. Leaves the digest found in kronos_found.
kronos_digest_matches() {
	kronos_found=$(sha256sum "$1" 2>/dev/null)
	kronos_found=${kronos_found%% *}
	[ "$kronos_found" = "$2" ]
}

# WHERE NAME EXPECTED FOUND ADVICE...
kronos_fail_digest() {
	kronos_where=$1 kronos_what=$2 kronos_expected=$3 kronos_got=$4
	shift 4
	kronos_fail digest-mismatch <<-EOF
		$kronos_what is not what this boot was made for. It was not used.

		from      $kronos_where
		expected  sha256
		$kronos_expected
		found     sha256
		${kronos_got:-(unreadable)}

		What to do: $*
	EOF
}

# Reads every file of the medium and compares it with the digests that the image was made with.
kronos_check_medium() {
	kronos_say 'checking every file of the medium'
	kronos_bad=''
	while read -r kronos_digest kronos_file; do
		[ -n "$kronos_file" ] || continue
		# What counts for a layer is the digest in this initrd, not a list that lies beside it.
		case $kronos_file in
		kronos/layers/*.squashfs)
			kronos_name=${kronos_file#kronos/layers/}
			kronos_listed=$(sed -n "s/^${kronos_name%.squashfs} [0-9]* //p" "$KRONOS_CONF/layers")
			kronos_digest=${kronos_listed:-$kronos_digest}
			;;
		esac
		kronos_print '  ....  %s' "$kronos_file"
		if kronos_digest_matches "$KRONOS_RUN/medium/$kronos_file" "$kronos_digest"; then
			kronos_print '\r  OK    %s\r\n' "$kronos_file"
		else
			kronos_print '\r  BAD   %s\r\n' "$kronos_file"
			kronos_bad=$kronos_file kronos_bad_expected=$kronos_digest kronos_bad_found=$kronos_found
		fi
	done <"$KRONOS_RUN/medium/kronos/SHA256SUMS"
	[ -z "$kronos_bad" ] || kronos_fail_digest "/$kronos_bad on $kronos_medium" "A file of the medium" \
		"$kronos_bad_expected" "$kronos_bad_found" \
		"write the image to another medium and compare its digest with SHA256SUMS before."
	kronos_print '\r\n  Every file of the medium is as it was made.\r\n'
	if kronos_wait_key 30 'r: restart the machine.  Any other key: go on.  Going on in'; then
		case $kronos_key in [rR]) while :; do kronos_reboot; done ;; esac
	fi
}

# --- memory and network ---------------------------------------------------------------------------

# A file system in memory for the layers; refuses before anything is copied where they cannot fit.
kronos_make_memory() {
	kronos_need=$(kronos_total_size)
	kronos_free=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	# 256 MB beside the layers is the least that the system comes up in.
	if [ "$((kronos_free * 1024))" -lt "$((kronos_need + 256000000))" ]; then
		kronos_fail memory-too-small <<-EOF
			The layers of the appliance do not fit into this machine's memory.

			needed    $(kronos_megabytes $((kronos_need + 256000000))) MB
			free      $((kronos_free * 1024 / 1000000)) MB

			What to do: give dom0 more memory (dom0_mem= among the Xen arguments), or
			start from a medium without kronos.toram.
		EOF
	fi
	mkdir -p "$KRONOS_RUN/memory"
	mount -t tmpfs -o "size=$((kronos_need + 16777216)),mode=0755,nosuid,nodev" kronos-layers "$KRONOS_RUN/memory"
}

kronos_copy_to_memory() {
	kronos_make_memory
	while read -r kronos_name kronos_size kronos_digest; do
		[ -n "$kronos_name" ] || continue
		kronos_say "copying $kronos_name to memory ($(kronos_megabytes "$kronos_size") MB)"
		kronos_target=$KRONOS_RUN/memory/$kronos_name.squashfs
		cp "$KRONOS_RUN/medium/kronos/layers/$kronos_name.squashfs" "$kronos_target" 2>/dev/null
		kronos_digest_matches "$kronos_target" "$kronos_digest" ||
			kronos_fail_digest "/kronos/layers/$kronos_name.squashfs on $kronos_medium" \
				"The layer $kronos_name" "$kronos_digest" "$kronos_found" \
				"write the image to another medium; this one gives back wrong data."
	done <"$KRONOS_CONF/layers"
	cd /
	umount "$KRONOS_RUN/medium"
	kronos_say 'the medium can be taken out now'
}

kronos_network_up() {
	: "${IP:=dhcp}"
	kronos_say "asking for a network address (ip=$IP${BOOTIF:+, $BOOTIF})"
	modprobe af_packet 2>/dev/null
	configure_networking
	if [ -n "${BOOTIF-}" ] && ! kronos_lease >/dev/null; then
		# The card that the firmware booted from may be unknown to Linux; any other will do.
		BOOTIF=''
		configure_networking
	fi
	kronos_lease >/dev/null || kronos_fail no-network <<-EOF
		No network address was given to this machine.

		asked     ip=$IP
		cards     $(ls /sys/class/net | grep -v '^lo$' | tr '\n' ' ')

		What to do: look at cable, switch port and DHCP server, or give an address
		with ip=ADDRESS::GATEWAY:NETMASK:::none among the kernel arguments. A card
		that is not listed needs a driver or firmware that this image does not
		have.
	EOF
	kronos_say "network: $(kronos_setting "$(kronos_lease)" IPV4ADDR)"
}

# The file in which ipconfig left what the network said.
kronos_lease() {
	for kronos_path in /run/net-*.conf; do
		if [ -e "$kronos_path" ]; then
			echo "$kronos_path"
			return 0
		fi
	done
	return 1
}

# One attempt to get the rest of a file, with the size shown while it grows: URL FILE SIZE.
kronos_download() {
	wget -q -c -T 30 -O "$2" "$1" 2>"$KRONOS_RUN/wget.log" &
	kronos_pid=$!
	kronos_all=$(kronos_megabytes "$3")
	while kill -0 "$kronos_pid" 2>/dev/null; do
		kronos_now=$(stat -c %s "$2" 2>/dev/null)
		kronos_progress "${2##*/}  $((${kronos_now:-0} / 1000000)) of $kronos_all MB"
		sleep 1
	done
	wait "$kronos_pid"
}

# A layer from the network: URL FILE SIZE DIGEST. Goes on where a broken transfer stopped.
kronos_fetch() {
	kronos_attempt=1 kronos_resumed=n
	while :; do
		kronos_download "$1" "$2" "$3"
		kronos_status=$?
		kronos_have=$(stat -c %s "$2" 2>/dev/null)
		if [ "$kronos_status" = 0 ] && [ "${kronos_have:-0}" = "$3" ]; then
			kronos_progress "${2##*/}  $(kronos_megabytes "$3") MB received, checking"
			if kronos_digest_matches "$2" "$4"; then
				kronos_progress "${2##*/}  $(kronos_megabytes "$3") MB, digest as expected"
				kronos_print '\r\n'
				return 0
			fi
			# Parts of two versions may have been joined; a whole transfer decides.
			[ "$kronos_resumed" = y ] || return 1
			kronos_resumed=n
			rm -f "$2"
			continue
		fi
		kronos_reason=$(sed -n '$p' "$KRONOS_RUN/wget.log" 2>/dev/null)
		[ "$kronos_status" != 0 ] || kronos_reason="got ${kronos_have:-0} of $3 bytes"
		# Longer than it should be: not the file we want, and nothing that going on could mend.
		[ "${kronos_have:-0}" -le "$3" ] || rm -f "$2"
		kronos_attempt=$((kronos_attempt + 1))
		if [ "$kronos_attempt" -gt "$KRONOS_TRIES" ] || kronos_is_final "$kronos_reason"; then
			kronos_print '\r\n'
			kronos_fail download-failed <<-EOF
				A layer of the appliance cannot be fetched.

				from      $1
				reason    ${kronos_reason:-the connection broke}
				received  ${kronos_have:-0} of $3 bytes, attempts: $((kronos_attempt - 1))
				own       $(kronos_setting "$(kronos_lease)" IPV4ADDR)

				What to do: see that the boot server serves the whole pxe directory over
				HTTP at this address; site.cfg or site.ipxe beside the boot files can name
				another.
			EOF
		fi
		[ ! -s "$2" ] || kronos_resumed=y
		kronos_print '\r\n'
		kronos_say "${kronos_reason:-the connection broke}"
		kronos_left=$(kronos_delay "$kronos_attempt")
		while [ "$kronos_left" -gt 0 ]; do
			kronos_progress "attempt $kronos_attempt of $KRONOS_TRIES in $kronos_left s"
			sleep 1
			kronos_left=$((kronos_left - 1))
		done
	done
}

# Answers of a server that another attempt will not change.
kronos_is_final() {
	case $1 in
	*'HTTP/1.'[01]' 400'* | *'HTTP/1.'[01]' 401'* | *'HTTP/1.'[01]' 403'*) return 0 ;;
	*'HTTP/1.'[01]' 404'* | *'HTTP/1.'[01]' 410'* | *'not an http or ftp url'*) return 0 ;;
	*) return 1 ;;
	esac
}

kronos_fetch_layers() {
	kronos_base=$(kronos_clean_url "$kronos_image") || kronos_fail bad-image-url <<-EOF
		kronos.image= must be an http or https address of a directory.

		found     ${kronos_image:-nothing}

		What to do: correct the kernel argument in the boot configuration, for
		example kronos.image=http://192.0.2.1/kronos/layers
	EOF
	kronos_network_up
	kronos_next=$(kronos_setting "$(kronos_lease)" ROOTSERVER)
	kronos_base=$(kronos_resolve_url "$kronos_base" "$kronos_next") || kronos_fail no-boot-server <<-EOF
		The network did not say which machine is the boot server (next-server).

		asked     $kronos_image

		What to do: set next-server in the DHCP server, or name the address in
		kronos.image= itself.
	EOF
	kronos_make_memory
	while read -r kronos_name kronos_size kronos_digest; do
		[ -n "$kronos_name" ] || continue
		kronos_fetch "$kronos_base/$kronos_name.squashfs" "$KRONOS_RUN/memory/$kronos_name.squashfs" \
			"$kronos_size" "$kronos_digest" ||
			kronos_fail_digest "$kronos_base/$kronos_name.squashfs" "The layer $kronos_name" \
				"$kronos_digest" "$kronos_found" \
				"copy the whole pxe directory of one build to the boot server; files of two builds are mixed there, or one was damaged on the way."
	done <"$KRONOS_CONF/layers"
}

# --- the root -------------------------------------------------------------------------------------

kronos_mount_root() {
	kronos_from=$KRONOS_RUN/medium/kronos/layers
	[ ! -d "$KRONOS_RUN/memory" ] || kronos_from=$KRONOS_RUN/memory
	while read -r kronos_name kronos_size kronos_digest; do
		[ -n "$kronos_name" ] || continue
		mkdir -p "$KRONOS_RUN/layers/$kronos_name"
		mount -t squashfs -o ro,nodev,loop "$kronos_from/$kronos_name.squashfs" \
			"$KRONOS_RUN/layers/$kronos_name" || kronos_fail layer-unreadable <<-EOF
				The layer $kronos_name cannot be mounted.

				$(dmesg | tail -n 4)

				What to do: start the medium check from the boot menu.
			EOF
	done <"$KRONOS_CONF/layers"
	mkdir -p "$KRONOS_RUN/overlay"
	mount -t tmpfs -o size=50%,mode=0755 kronos-overlay "$KRONOS_RUN/overlay"
	mkdir -p "$KRONOS_RUN/overlay/upper" "$KRONOS_RUN/overlay/work"
	mount -t overlay -o "lowerdir=$(kronos_lower_directories),upperdir=$KRONOS_RUN/overlay/upper,workdir=$KRONOS_RUN/overlay/work" \
		kronos "${rootmnt?}" || kronos_fail overlay-failed <<-EOF
		The layers cannot be put together.

		$(dmesg | tail -n 4)

		What to do: this is a defect; please report it with the lines above.
	EOF
}

# For the running system: where it came from, in a form that a shell can source.
kronos_note_origin() {
	{
		echo "KRONOS_SOURCE='$1'"
		echo "KRONOS_LABEL='$kronos_label'"
		echo "KRONOS_DEVICE='${kronos_medium-}'"
		echo "KRONOS_URL='${kronos_base-}'"
	} >"$KRONOS_RUN/boot"
	# NAME SIZE SHA256 of every layer, for who installs them.
	cp "$KRONOS_CONF/layers" "$KRONOS_RUN/layers.list"
}

# initramfs-tools calls these around mountroot; there is nothing to do.
mount_top() { :; }
mount_premount() { :; }
mount_bottom() { :; }

mountroot() {
	mkdir -p "$KRONOS_RUN"
	kronos_parse_cmdline
	for kronos_module in loop squashfs overlay isofs; do modprobe "$kronos_module" 2>/dev/null; done
	if [ -n "$kronos_image" ]; then
		kronos_fetch_layers
		kronos_source=network
	else
		kronos_find_medium
		kronos_mount_medium
		[ "$kronos_check" = n ] || kronos_check_medium
		kronos_look_at_layers
		# The host file that may have been written into the medium stays readable when the medium is gone.
		cp "$KRONOS_RUN/medium/kronos/host.area" "$KRONOS_RUN/host.area" 2>/dev/null
		kronos_source=medium
		if [ "$kronos_toram" = y ]; then
			kronos_copy_to_memory
			kronos_source=memory
		fi
	fi
	kronos_mount_root
	kronos_note_origin "$kronos_source"
	kronos_say 'starting the system'
}
