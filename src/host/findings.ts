// What the checks of a host file hand their findings to.
import { KronosError } from '../common/error.ts';
import type { Path, YamlDocument } from '../common/yaml.ts';

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

/** Findings, and the lists in which they are kept. */
export interface CollectedFindings extends Findings {
  errors: KronosError[];
  warnings: KronosError[];
}

/** Findings whose paths lead into a document. */
export function collectFindings(document: Pick<YamlDocument, 'locate'>): CollectedFindings {
  const errors: KronosError[] = [];
  const warnings: KronosError[] = [];
  const into =
    (list: KronosError[]): Findings['error'] =>
    (code, message, { path, hint }) =>
      list.push(new KronosError(code, message, { location: document.locate(path), hint }));
  return { errors, warnings, error: into(errors), warn: into(warnings) };
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
