// Which installer an answer file was written for: told by the parts that only one of them reads.
import { DIALECTS, type AnswerElement, type Dialect } from './definition.ts';
import type { Placed, Report } from './report.ts';
import { DIALECT_NAMES } from './table.ts';

/**
 * The installer that was named, or the one that the file speaks to. Undefined where nothing tells, or where parts of
 * both are there. Parts that the installer does not read are noted: they are imported all the same.
 */
export function findDialect(
  elements: readonly AnswerElement[],
  named: Dialect | undefined,
  report: Report,
): Dialect | undefined {
  const marks = elements.flatMap(marksOf);
  const spoken = DIALECTS.filter((dialect) => marks.some(({ only }) => only === dialect));
  const dialect = named ?? (spoken.length === 1 ? spoken[0] : undefined);
  for (const { at, only } of marks) {
    if (only === dialect || (dialect === undefined && spoken.length < 2)) continue;
    report.remark(
      'changed',
      at,
      `only ${DIALECT_NAMES[only]} reads this; it is imported all the same`,
      'remove it if the file was for the other installer',
    );
  }
  return dialect;
}

function marksOf(element: AnswerElement): { at: Placed; only: Dialect }[] {
  const { definition, attributes } = element;
  const own = definition.only === undefined ? [] : [{ at: element, only: definition.only }];
  return [
    ...own,
    ...definition.attributes.flatMap(({ name, only }) => {
      const at = attributes.get(name);
      return at === undefined || only === undefined ? [] : [{ at, only }];
    }),
  ];
}
