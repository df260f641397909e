// The help of a program, taken apart: manual pages and shell completion come from the text that --help prints.

export interface HelpItem {
  /** `--out <DIR>`, `-v, --verbose`, `plan`. */
  term: string;
  text: string;
}

export interface HelpSection {
  title: string;
  items: HelpItem[];
  /** Where it is no list (examples): its lines as they are. */
  lines: string[];
}

export interface Help {
  /** What follows `Usage:`, a line each. */
  usage: string[];
  paragraphs: string[];
  sections: HelpSection[];
}

/** Takes the help of commander and of our own programs apart; both have the same shape. */
export function parseHelp(text: string): Help {
  const help: Help = { usage: [], paragraphs: [], sections: [] };
  for (const block of text.trim().split(/\n\s*\n/)) {
    const lines = block.split('\n');
    const [first = ''] = lines;
    const usage = /^Usage: (.*)$/.exec(first)?.[1];
    const title = /^([A-Z][A-Za-z ]*):$/.exec(first)?.[1];
    if (usage !== undefined) help.usage.push(usage, ...lines.slice(1).map((line) => line.trim()));
    else if (title !== undefined) help.sections.push(readSection(title, lines.slice(1)));
    else if (/^ {2}\S/.test(first)) help.sections.push(readSection('Options', lines));
    else help.paragraphs.push(lines.map((line) => line.trim()).join(' '));
  }
  return help;
}

function readSection(title: string, lines: readonly string[]): HelpSection {
  if (/^Examples?$/.test(title))
    return { title, items: [], lines: lines.map((line) => line.slice(2)) };
  const items: HelpItem[] = [];
  for (const line of lines) {
    const [, term, text = ''] = /^ {2}(\S.*?)(?: {2,}(\S.*))?$/.exec(line) ?? [];
    const last = items.at(-1);
    if (term !== undefined) items.push({ term, text });
    else if (last !== undefined) last.text = `${last.text} ${line.trim()}`.trim();
  }
  return { title, items, lines: [] };
}

/** The long options of a help. */
export function longOptions(help: Help): string[] {
  return help.sections.flatMap(({ items }) =>
    items.flatMap(({ term }) => term.match(/(?<![\w-])--[a-z][a-z0-9-]*/g) ?? []),
  );
}

/** The commands below a program, by name. */
export function commandNames(help: Help): string[] {
  return help.sections
    .filter(({ title }) => title === 'Commands')
    .flatMap(({ items }) => items.map(({ term }) => term.split(/[ |]/)[0] ?? ''));
}
