# The first shell of a login at a console of the medium: the installer where the boot menu said so, then what this
# machine is.
case "$-" in
*i*)
  if [ -z "$KRONOS_STATUS_SHOWN" ] && [ -z "$SSH_CONNECTION" ]; then
    export KRONOS_STATUS_SHOWN=1
    kronos_mode=
    # The last one counts, as with the kernel's own options.
    for kronos_word in $(cat /proc/cmdline); do
      case "$kronos_word" in
      kronos.mode=*) kronos_mode=${kronos_word#kronos.mode=} ;;
      esac
    done
    case "$kronos_mode:$(tty)" in
    install:/dev/tty1 | install:/dev/hvc0 | install:/dev/ttyS0)
      # What the kernel and systemd still have to say would run over the screens.
      dmesg --console-level crit 2>/dev/null
      kill -s RTMIN+21 1 2>/dev/null
      kronos-install
      ;;
    rescue:/dev/tty1 | rescue:/dev/hvc0 | rescue:/dev/ttyS0)
      kronos-install --rescue
      ;;
    esac
    unset kronos_mode kronos_word
    [ -x /usr/bin/kronos-status ] && /usr/bin/kronos-status
  fi
  ;;
esac
