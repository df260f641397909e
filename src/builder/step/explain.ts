// Says in one line why a step runs, from the inputs of its last run.
import { canonicalJson } from '../../common/digest.ts';

/** How many changed inputs are named before "and N more". */
const NAMED = 3;

/** The sentence for `--explain`: which inputs differ from the last run of the step. */
export function explainChange(
  before: Readonly<Record<string, unknown>> | undefined,
  after: Readonly<Record<string, unknown>>,
): string {
  if (before === undefined) return 'ran: never made before';
  const changes: string[] = [];
  for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    if (!(name in before)) changes.push(`new input ${name}`);
    else if (!(name in after)) changes.push(`input ${name} is gone`);
    else if (canonicalJson(before[name]) !== canonicalJson(after[name]))
      changes.push(`${name} changed`);
  }
  if (changes.length === 0) return 'ran: its output was no longer in the cache';
  const named = changes.slice(0, NAMED).join(', ');
  const more = changes.length - NAMED;
  return `ran: ${named}${more > 0 ? ` and ${more} more` : ''}`;
}
