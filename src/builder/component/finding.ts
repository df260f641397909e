// What stands against a split: gathered while it is planned, told all at once.
import { KronosError, KronosErrors, type Location } from '../../common/error.ts';

/** One kind of mistake with everything that has it. */
export type Finding = KronosError;

/** Shows what a message names, one a line, indented as programs' own lines are. */
function listing(lines: readonly string[]): string {
  return lines.map((line) => `\n    ${line}`).join('');
}

/** A mistake that names all that has it. */
export function failure(
  code: `input/${string}` | `dependency/${string}`,
  message: string,
  options: {
    lines: readonly string[];
    hint: string;
    location?: Location | undefined;
    details?: Readonly<Record<string, unknown>>;
  },
): Finding {
  const { lines, hint, location } = options;
  return new KronosError(code, `${message}:${listing(lines)}`, {
    hint,
    location,
    details: options.details ?? { lines },
  });
}

/** Throws what was found, if anything was. */
export function throwFindings(findings: readonly Finding[]): void {
  const [first, ...more] = findings;
  if (first === undefined) return;
  throw more.length === 0 ? first : new KronosErrors(findings);
}
