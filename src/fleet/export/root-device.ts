// The disk selector of a host file in the words of Ironic: root device hints. What they cannot say is told, never guessed.
import { parseSize } from '../../common/parse-size.ts';
import type { Disks } from '../../host/schema/disks.ts';
import { asList, isPattern } from '../../host/select/text.ts';

type System = Disks['system'];
type Hint = string | boolean;

/** Hints that a disk must fit all of, or why there are none. */
export type RootDevice =
  | { hints: Readonly<Record<string, Hint>>; reasons?: undefined }
  | { reasons: readonly string[]; hints?: undefined };

const GIBIBYTE = 2 ** 30;

/** Hints that pick the disks that the selector picks, where there are any. */
export function rootDevice(system: System): RootDevice {
  const { match, count, pick } = system;
  const reasons: string[] = [];
  const hints: Record<string, Hint> = {};
  if (count > 1) reasons.push('the system is mirrored over two disks, a hint names one');
  if (pick !== undefined) reasons.push(`pick: ${pick} has no hint`);
  for (const key of ['transport', 'removable', 'content'] as const)
    if (match[key] !== undefined) reasons.push(`the clause ${key} has no hint`);
  const add = (key: string, hint: Hint | undefined, clause: string): void => {
    if (hint === undefined) reasons.push(`the clause ${clause} cannot be said exactly`);
    else hints[key] = hint;
  };
  for (const key of ['model', 'vendor', 'serial', 'wwn'] as const)
    if (match[key] !== undefined) add(key, textHint(asList(match[key])), key);
  if (match.rotational !== undefined) hints['rotational'] = match.rotational;
  if (match.size !== undefined) add('size', sizeHint(match.size), 'size');
  if (match.path !== undefined) {
    const paths = asList(match.path);
    const key = paths.every((path) => path.startsWith('/dev/disk/by-path/')) ? 'by_path' : 'name';
    // Other links below /dev/disk have no hint.
    const known = key === 'by_path' || paths.every((path) => /^\/dev\/[^/]+$/.test(path));
    add(key, known ? textHint(paths) : undefined, 'path');
  }
  return reasons.length === 0 ? { hints } : { reasons };
}

/** One of some whole texts, or a part of one. */
function textHint(wanted: readonly string[]): string | undefined {
  const [first = '', ...others] = wanted;
  // A text that begins like an operator, or holds one, would be read as one.
  if (wanted.some((text) => text.includes('<') || /^s?[=!]=/.test(text))) return undefined;
  if (others.length > 0)
    return wanted.some(isPattern) ? undefined : wanted.map((text) => `<or> ${text}`).join(' ');
  if (!isPattern(first)) return `s== ${first}`;
  const inner = /^\*([^*?]+)\*$/.exec(first)?.[1];
  return inner === undefined ? undefined : `<in> ${inner}`;
}

/** Hints count in whole GiB, rounded down, so only two kinds of bounds mean the same there. */
function sizeHint(clause: string): string | undefined {
  const [, operator, term = ''] = /^\s*(>=|<)(?!=)(.*)$/.exec(clause) ?? [];
  if (operator === undefined) return undefined;
  const bound = parseSize(term, 'size') / GIBIBYTE;
  return Number.isInteger(bound) ? `${operator} ${bound}` : undefined;
}
