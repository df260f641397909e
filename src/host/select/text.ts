// Texts that hardware gave, compared with those that a person wrote, and shown on consoles that know only ASCII.

/** Whether a text has a wildcard; one without names exactly one value. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

/** What a clause that takes one value or several has. */
export function asList<T extends string>(wanted: T | readonly T[] | undefined): readonly T[] {
  return wanted === undefined ? [] : typeof wanted === 'string' ? [wanted] : wanted;
}

/** As texts are compared: hardware pads with blanks, and tools disagree about capitals. */
export function normalize(text: string): string {
  return text.trim().toLowerCase();
}

/**
 * Whether the whole of `text` fits the pattern; `*` stands for any characters, `?` for one. The time is bounded by the
 * product of the lengths, unlike that of a regular expression made from `*a*a*a*b`.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const glob = Array.from(normalize(pattern));
  const own = Array.from(normalize(text));
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < own.length;) {
    if (glob[at] === '*') {
      star = at;
      at += 1;
      resume = i;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === own[i])) {
      at += 1;
      i += 1;
    } else if (star !== -1) {
      at = star + 1;
      resume += 1;
      i = resume;
    } else return false;
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}

/** Printable ASCII on one line; what a console could not show becomes a question mark. */
export function plain(text: string): string {
  return text.trim().replace(/[^ -~]/gu, '?');
}

/** At most `width` columns; two dots stand for what was cut. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 2))}..`;
}

/** Like `cut`, but keeps the end, which is where serial numbers differ. */
export function cutFront(text: string, width: number): string {
  return text.length <= width ? text : `..${text.slice(text.length - Math.max(0, width - 2))}`;
}

/** Lines of at most `width` columns, broken at blanks where there are some. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length > width) {
      lines.push(line);
      line = '';
    }
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    line = line === '' ? rest : `${line} ${rest}`;
  }
  return [...lines, line];
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
