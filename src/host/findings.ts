// What the checks of a host file hand their findings to.
import type { Path } from '../common/yaml.ts';

export type Toolstack = 'xl' | 'xapi';

interface Finding {
  /** The value that is meant, or the key where the value says nothing. */
  path: Path;
  hint?: string | undefined;
}

/** Takes what is found. The codes are catalogued like all others; a warning is an error that is not thrown. */
export interface Findings {
  error: (code: `input/${string}`, message: string, finding: Finding) => void;
  warn: (code: `input/${string}`, message: string, finding: Finding) => void;
}

/** Tells of every name in a list that is there a second time. */
export function checkTwice(
  names: readonly string[],
  path: Path,
  what: string,
  findings: Findings,
): void {
  names.forEach((name, index) => {
    if (names.indexOf(name) === index) return;
    findings.error('input/name-twice', `there are two ${what} with the name ${name}`, {
      path: [...path, index, 'name'],
      hint: 'give one of them another name, or remove it',
    });
  });
}
