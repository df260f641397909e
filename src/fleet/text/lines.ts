// Texts broken into lines, and names drawn together.

/**
 * Breaks a text into lines of at most `width` columns, between words where it can be. What would move the cursor of a
 * terminal is left out: much of it comes from machines. `indent` stands before the first line, `next` before all others.
 */
export function fill(text: string, width: number, indent = '', next = indent): string[] {
  const lines: string[] = [];
  let line = indent;
  let empty = true;
  for (const word of wordsOf(text, width - Math.max(indent.length, next.length))) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = next;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

/** Words, the longest ones cut into pieces of `longest` characters. */
function wordsOf(text: string, longest: number): string[] {
  const room = Math.max(8, longest);
  return text
    .split(/[\s\p{Cc}\p{Cf}]+/u)
    .filter((word) => word !== '')
    .flatMap((word) =>
      Array.from({ length: Math.ceil(word.length / room) }, (_, index) =>
        word.slice(index * room, (index + 1) * room),
      ),
    );
}

/** `xen01, xen02, xen03, db1` as `xen01-xen03, db1`: only names that follow each other, three or more. */
export function describeRanges(names: readonly string[]): string[] {
  const ranges: string[][] = [];
  for (const name of names) {
    const range = ranges.at(-1);
    const last = range?.at(-1);
    if (range !== undefined && last !== undefined && follows(last, name)) range.push(name);
    else ranges.push([name]);
  }
  return ranges.flatMap((range) => {
    const [first = '', ...others] = range;
    return range.length < 3 ? range : [`${first}-${others.at(-1) ?? ''}`];
  });
}

function follows(before: string, after: string): boolean {
  const [, head, number] = /^(.*?)(\d{1,9})$/.exec(before) ?? [];
  if (head === undefined || number === undefined) return false;
  return after === `${head}${String(Number(number) + 1).padStart(number.length, '0')}`;
}
