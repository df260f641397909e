// What a server refused or did not answer, as errors that people can act on.
import { KronosError } from '../../common/error.ts';
import { NoAnswerError } from '../../xenapi/door.ts';
import { XenApiError } from '../../xenapi/message.ts';
import type { BootStep } from '../context.ts';

/**
 * `host/xapi-refused` for what the server refused, `io/no-answer` where it gave none; anything else as it is. `what`: what
 * was being done, as a gerund.
 */
export function refused(what: string, error: unknown): unknown {
  if (error instanceof NoAnswerError) {
    return new KronosError('io/no-answer', `${what}: ${error.message}`, {
      hint: 'it is tried again by itself; by hand: kronos-firstboot apply',
      cause: error,
    });
  }
  if (!(error instanceof XenApiError)) return error;
  return new KronosError('host/xapi-refused', `${what}: xapi says ${error.message}`, {
    hint: 'look at the journal of xapi (journalctl -u xapi), mend it, then: kronos-firstboot apply',
    details: { code: error.code, parameters: error.parameters },
    cause: error,
  });
}

/** The same step, of which every failure of the server is told like that. */
export function tellRefusals(step: BootStep): BootStep {
  const what = step.title.charAt(0).toLowerCase() + step.title.slice(1);
  const { probe, apply } = step;
  const rethrow = (error: unknown): never => {
    throw refused(what, error);
  };
  return {
    ...step,
    ...(probe === undefined ? {} : { probe: (context) => probe(context).catch(rethrow) }),
    apply: (context, progress) => apply(context, progress).catch(rethrow),
  };
}
