// What several elements share: truth values, choices, and values that must fit the host file.
import type * as z from 'zod';
import { nearest } from '../../common/nearest.ts';
import type { AnswerAttribute, AnswerElement, ImportWork } from './definition.ts';
import { quote, type Placed } from './report.ts';

/** The attribute, or undefined where it is missing or empty. */
export function attributeOf(element: AnswerElement, name: string): AnswerAttribute | undefined {
  return element.attributes.get(name);
}

/** The attribute; a mistake where it is missing or empty. */
export function mandatory(
  element: AnswerElement,
  name: string,
  work: ImportWork,
): AnswerAttribute | undefined {
  const attribute = attributeOf(element, name);
  if (attribute === undefined) {
    work.report.mistake('input/missing-attribute', `${element.subject} has no ${name}`, {
      at: element,
      hint: `write ${name}="...": ${element.definition.attributes.find((one) => one.name === name)?.values ?? ''}`,
    });
  }
  return attribute;
}

/** The text of an element; a mistake where there is none. */
export function textOf(element: AnswerElement, work: ImportWork): string | undefined {
  if (element.text !== '') return element.text;
  work.report.mistake('input/wrong-value', `${element.subject} is empty`, {
    at: element,
    hint: `it holds ${element.definition.values}; or leave the element out`,
  });
  return undefined;
}

/**
 * A truth value as the installers read it: yes and true are true, all else is false. Says so where that is not what
 * was likely meant, and otherwise leaves the note to the caller.
 */
export function truth(
  attribute: AnswerAttribute | undefined,
  otherwise: boolean,
  work: ImportWork,
): boolean {
  if (attribute === undefined) return otherwise;
  const value = attribute.value.toLowerCase();
  if (!['yes', 'true', 'no', 'false'].includes(value)) {
    work.report.remark(
      'changed',
      attribute,
      `${quote(attribute.value)} is read as false, as the installers do: only yes and true are true`,
      'write true or false',
    );
  }
  return value === 'yes' || value === 'true';
}

/** One of several words; a mistake for another one. */
export function choice<T extends string>(
  at: Placed,
  value: string,
  choices: readonly T[],
  work: ImportWork,
): T | undefined {
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  const guess = value.length > 60 ? undefined : nearest(value, choices);
  work.report.mistake(
    'input/wrong-value',
    `${at.subject}: expected ${listOf(choices)}, found ${quote(value)}`,
    { at, hint: guess === undefined ? undefined : `did you mean ${guess}?` },
  );
  return undefined;
}

/** A value as the host file takes it; a mistake where it does not. `expected` is a noun phrase. */
export function fitting<T extends z.ZodType>(
  at: Placed,
  value: unknown,
  schema: T,
  expected: string,
  work: ImportWork,
): z.output<T> | undefined {
  const text = String(value);
  if (text.includes('${')) {
    work.report.mistake(
      'input/wrong-value',
      `${at.subject}: ${quote(text)} would stand for a variable in a host file`,
      { at, hint: 'write it without ${' },
    );
    return undefined;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  work.report.mistake(
    'input/wrong-value',
    `${at.subject}: expected ${expected}, found ${quote(text)}`,
    { at },
  );
  return undefined;
}

/** `a, b or c` */
export function listOf(words: readonly string[]): string {
  return words.length < 2
    ? (words[0] ?? 'nothing')
    : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
