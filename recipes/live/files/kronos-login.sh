# What this machine is, on the first shell of a login at a console of the medium.
case "$-" in
*i*)
  if [ -z "$KRONOS_STATUS_SHOWN" ] && [ -z "$SSH_CONNECTION" ]; then
    export KRONOS_STATUS_SHOWN=1
    [ -x /usr/bin/kronos-status ] && /usr/bin/kronos-status
  fi
  ;;
esac
