// The files of ifupdown, interfaces(5): read, and with the stanzas of some interfaces taken out.
import { unique, wordsOf, type ConfigFile, type Configured } from './configured.ts';

/** A part of a file: from its first line to the last before the next part; lines count from 0. */
export interface Stanza {
  path: string;
  start: number;
  end: number;
  kind: 'iface' | 'auto' | 'source' | 'source-directory' | 'other';
  /** What stands behind the keyword. */
  words: string[];
  options: { key: string; value: string }[];
}

const NAMES = /^(?:auto|allow-[a-z-]+|no-auto-down|no-scripts)$/;

interface Line {
  text: string;
  start: number;
  end: number;
}

/** Lines that end in a backslash go on; comments are whole lines. */
function readLines(text: string): Line[] {
  const lines: Line[] = [];
  const raw = text.split('\n');
  for (let index = 0; index < raw.length; index += 1) {
    const start = index;
    let line = raw[index] ?? '';
    if (/^\s*(?:#|$)/.test(line)) continue;
    while (line.endsWith('\\') && index + 1 < raw.length) {
      index += 1;
      line = `${line.slice(0, -1)} ${raw[index] ?? ''}`;
    }
    lines.push({ text: line.trim(), start, end: index + 1 });
  }
  return lines;
}

/** The stanzas of a file; what none begins is an option of the one before. */
export function parseStanzas({ path, text }: ConfigFile): Stanza[] {
  const stanzas: Stanza[] = [];
  for (const line of readLines(text)) {
    const [keyword = '', ...words] = line.text.split(/\s+/);
    const kind = kindOf(keyword);
    const last = stanzas.at(-1);
    if (kind !== undefined) {
      stanzas.push({ path, start: line.start, end: line.end, kind, words, options: [] });
    } else if (last !== undefined) {
      last.options.push({ key: keyword, value: words.join(' ') });
      last.end = line.end;
    }
  }
  return stanzas;
}

function kindOf(keyword: string): Stanza['kind'] | undefined {
  if (keyword === 'iface' || keyword === 'source' || keyword === 'source-directory') return keyword;
  if (NAMES.test(keyword)) return 'auto';
  return keyword === 'mapping' || keyword === 'template' || keyword === 'rename'
    ? 'other'
    : undefined;
}

/** Patterns of further files that a file names, as they are typed. */
export function sourcesOf(file: ConfigFile): { pattern: string; isDirectory: boolean }[] {
  return parseStanzas(file).flatMap(({ kind, words }) => {
    if (kind !== 'source' && kind !== 'source-directory') return [];
    return words.map((pattern) => ({ pattern, isDirectory: kind === 'source-directory' }));
  });
}

/** What the files say of an interface; undefined where they say nothing. */
export function describeIfupdown(
  files: readonly ConfigFile[],
  name: string,
): Configured | undefined {
  const all = files.flatMap(parseStanzas);
  const own = all.filter(({ kind, words }) => kind === 'iface' && words[0] === name);
  const [first] = own;
  if (first === undefined) return undefined;
  const options = own.flatMap((stanza) => optionsOf(stanza, all));
  const listOf = (...keys: string[]): string[] =>
    unique(options.flatMap(({ key, value }) => (keys.includes(key) ? wordsOf(value) : [])));
  return {
    source: `iface ${first.words.join(' ')} in ${first.path}, line ${first.start + 1}`,
    ipv4: methodOf(own, 'inet'),
    ipv6: methodOf(own, 'inet6'),
    dns: listOf('dns-nameservers', 'dns-nameserver'),
    search: listOf('dns-search', 'dns-domain'),
    ...lostCommands(name, options),
  };
}

function lostCommands(name: string, options: Stanza['options']): Pick<Configured, 'lost'> {
  const commands = unique(options.flatMap(({ key, value }) => commandOf(key, value)));
  if (commands.length === 0) return {};
  return { lost: commands.map((command) => `what ifupdown runs for ${name}: ${command}`) };
}

/** A command of ifup or ifdown; routes that it adds are read from the kernel. */
function commandOf(key: string, value: string): string[] {
  if (!/^(?:pre-up|up|post-up|down|pre-down|post-down)$/.test(key)) return [];
  return /^(?:\S*\/)?(?:ip (?:-\S+ )*route|route) /.test(value) ? [] : [`${key} ${value}`];
}

/** Options of a stanza and of the templates that it inherits from. */
function optionsOf(stanza: Stanza, all: readonly Stanza[], depth = 0): Stanza['options'] {
  const at = stanza.words.indexOf('inherits');
  const names = at === -1 ? [] : stanza.words.slice(at + 1);
  const parents = all.filter(
    ({ kind, words }) => kind === 'iface' && names.includes(words[0] ?? ''),
  );
  // Whoever lets two of them inherit from each other gets no host that hangs.
  const inherited = depth > 8 ? [] : parents.flatMap((parent) => optionsOf(parent, all, depth + 1));
  return [...inherited, ...stanza.options];
}

/** A static stanza beside a learning one adds an address; the learning one brings the route. */
function methodOf(stanzas: readonly Stanza[], family: 'inet'): Configured['ipv4'];
function methodOf(stanzas: readonly Stanza[], family: 'inet6'): Configured['ipv6'];
function methodOf(stanzas: readonly Stanza[], family: string): Configured['ipv6'] {
  const methods = stanzas.flatMap(({ words }) => (words[1] === family ? [words[2]] : []));
  if (methods.includes('dhcp')) return 'dhcp';
  if (methods.includes('auto')) return family === 'inet' ? 'dhcp' : 'auto';
  if (methods.includes('static')) return 'static';
  return methods.length === 0 ? undefined : 'none';
}

/**
 * The file without the stanzas of some interfaces; the names of others on the same lines stay. Undefined where it says
 * nothing of them.
 */
export function removeInterfaces(
  file: ConfigFile,
  names: ReadonlySet<string>,
  remark: string,
): string | undefined {
  const lines: (string | undefined)[] = file.text.split('\n');
  let found = false;
  for (const { kind, words, start, end } of parseStanzas(file)) {
    if (kind !== 'iface' && kind !== 'auto') continue;
    const named = kind === 'iface' ? words.slice(0, 1) : words;
    const left = named.filter((name) => !names.has(name));
    if (left.length === named.length) continue;
    found = true;
    lines.fill(undefined, start, end);
    if (left.length > 0) {
      const keyword = /^\s*(\S+)/.exec(file.text.split('\n')[start] ?? '')?.[1] ?? 'auto';
      lines[start] = `${keyword} ${left.join(' ')}`;
    }
  }
  if (!found) return undefined;
  return [`# ${remark}`, ...lines.filter((line) => line !== undefined)].join('\n');
}
