// Licence texts of several bundles as one.
import { LICENCE_RULE } from '../bundle.ts';

/** Every library once, sorted by name and version; empty where there is none. */
export function mergeLicences(texts: readonly string[]): string {
  const parts = texts.flatMap((text) => (text === '' ? [] : text.trim().split(LICENCE_RULE)));
  return [...new Set(parts)].sort().join(LICENCE_RULE);
}

/** The same for Debian, which has the text of the Apache licence and wants nobody to repeat it. */
export function shortenLicences(text: string): string {
  return text
    .split(LICENCE_RULE)
    .map((part) => (/^\s*TERMS AND CONDITIONS FOR USE/m.test(part) ? shorten(part) : part))
    .join(LICENCE_RULE);
}

function shorten(part: string): string {
  const [title = ''] = part.split('\n');
  const holders = part.split('\n').filter((line) => /^\s*Copyright \d{4}/.test(line));
  return [
    title,
    ...holders.map((line) => line.trim()),
    'On Debian systems, the complete text of the Apache License 2.0 is in\n/usr/share/common-licenses/Apache-2.0.',
  ].join('\n\n');
}
