// Why an action of a person is not done.
import { KronosError } from '../../common/error.ts';
import { nearest } from '../../common/nearest.ts';

/** What does not fit to where things stand. */
export function refuse(message: string, hint: string): KronosError {
  return new KronosError('input/fleet-action', message, { hint });
}

/** A name that nothing has; `what`: a noun. */
export function unknownName(name: string, what: string, known: readonly string[]): KronosError {
  const guess = nearest(name, known);
  return new KronosError('input/no-such-host', `there is no ${what} ${JSON.stringify(name)}`, {
    hint: guess === undefined ? 'see all of them: kronos fleet status' : `did you mean ${guess}?`,
  });
}
