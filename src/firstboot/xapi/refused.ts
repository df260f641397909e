// What a server refused, as an error that people can act on.
import { KronosError } from '../../common/error.ts';
import { XenApiError } from '../../xenapi/message.ts';

/** `host/xapi-refused` for what the server refused; anything else as it is. `what`: what was being done, as a gerund. */
export function refused(what: string, error: unknown): unknown {
  if (!(error instanceof XenApiError)) return error;
  return new KronosError('host/xapi-refused', `${what}: xapi says ${error.message}`, {
    hint: 'look at /var/log/daemon.log or journalctl -u xapi, mend it, then: kronos-firstboot apply',
    details: { code: error.code, parameters: error.parameters },
    cause: error,
  });
}
