// Secrets are taken out of every text before it leaves the process: once here, whatever the text is for.
import { KronosError, KronosErrors } from '../common/error.ts';

/** Takes secrets out of texts. */
export interface Scrubber {
  (text: string): string;
  /** A secret that became known later, such as one that was read from a file. */
  learn: (...secrets: readonly string[]) => void;
}

/** What stands in a secret's place. */
const REMOVED = '(removed)';

/**
 * A function that takes every secret out of texts, also as JSON and URLs write it, and with them the logins of all URLs:
 * programs repeat addresses that nobody told us.
 */
export function createScrubber(secrets: readonly string[]): Scrubber {
  let sorted: string[] = [];
  const learn = (...more: readonly string[]): void => {
    // One letter is no secret, and "!" and "!!" are no hashes: texts would only get unreadable.
    const worth = more.filter((secret) => secret.length > 1 && secret !== '!!');
    const forms = new Set([...sorted, ...worth.flatMap(formsOf)]);
    // The longest first, so that a secret within another leaves nothing of it.
    sorted = [...forms].sort((a, b) => b.length - a.length);
  };
  learn(...secrets);
  const scrub = (text: string): string =>
    withoutLogins(sorted.reduce((rest, secret) => rest.replaceAll(secret, REMOVED), text));
  return Object.assign(scrub, { learn });
}

function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  // Half a surrogate pair has no form in a URL.
  const address = /\p{Surrogate}/u.test(secret) ? [] : [encodeURIComponent(secret)];
  // Of several lines each may be met alone.
  const lines = secret.split(/[\r\n]+/).filter((line) => line.length > 3);
  // JSON within JSON, as a journal in a report has it.
  return [secret, ...lines, json, JSON.stringify(json).slice(1, -1), ...address];
}

/** A text in which no URL has a user, a password or the query of a host file's address, and no fleet's token is. */
function withoutLogins(text: string): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"']{1,1000}@/gi, '$1')
    .replaceAll(/\b(kronos\.host=[^\s?]{0,2000}\?)\S+/g, `$1${REMOVED}`)
    .replaceAll(/\b(kronos\.fleet\.token=)[\w.~+/=-]+/g, `$1${REMOVED}`);
}

/** Words of the format itself, which a secret of the same letters must not break. */
const FIXED = new Set(['format', 'result', 'stage', 'step', 'state', 'time', 'code']);

/** The same for every text in a value; keys and words of the format stay. */
export function scrubValue<T>(value: T, scrub: (text: string) => string): T {
  const visit = (inner: unknown, key: string): unknown => {
    if (typeof inner === 'string') return FIXED.has(key) ? inner : scrub(inner);
    if (Array.isArray(inner)) return inner.map((item) => visit(item, ''));
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, visit(one, name)]));
  };
  return visit(value, '') as T;
}

/** An error with the same code, told without secrets; what is no KronosError becomes a defect. */
export function scrubError(error: unknown, scrub: (text: string) => string): KronosError {
  if (error instanceof KronosErrors)
    return new KronosErrors(error.errors.map((one) => scrubError(one, scrub)));
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const clean = { cause: cause instanceof Error ? scrubError(cause, scrub) : undefined };
  if (!(error instanceof KronosError))
    return new KronosError('internal/defect', scrub(message), clean);
  const { code, location } = error;
  const hint = error.hint === undefined ? undefined : scrub(error.hint);
  return new KronosError(code, scrub(message), { ...clean, hint, location });
}
