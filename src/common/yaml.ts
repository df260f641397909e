// YAML of a person's hand: plain data plus the place of every key and value, so that a mistake found later in the data
// can be shown where it was typed.
import { CORE_SCHEMA, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml';
import { KronosError, KronosErrors } from './error.ts';
import type { Location } from './error.ts';

/** Keys and list positions from the root of the document to a value. */
export type Path = readonly (string | number)[];

export interface YamlDocument {
  file: string;
  value: unknown;
  /** Where the value at `path` starts; where that is not in the document, its nearest parent. */
  locate: (path: Path) => Location;
  /** Where the key that ends `path` was typed; for a list item the same as `locate`. */
  locateKey: (path: Path) => Location;
  /** The scalar at `path` as it was typed, without quotes (`4.20` where the value is the number 4.2). */
  sourceOf: (path: Path) => string | undefined;
}

/** Bytes; a recipe is a page of text, so whatever is larger was named by mistake. */
const SIZE_LIMIT = 1024 * 1024;

type Event = ReturnType<typeof parseEvents>[number];
type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;

interface Child {
  node: Node;
  /** Offset of the key; absent for list items. */
  keyStart?: number;
}

interface Node {
  start: number;
  /** Offset behind the last character that is known to belong to the value. */
  end: number;
  value: unknown;
  source?: string;
  children?: Map<string | number, Child>;
}

/**
 * Reads one YAML document. Anchors, aliases and tags are refused: no format of ours needs them, and aliases are how a
 * short text becomes gigabytes. Errors: `input/yaml-syntax`, `input/duplicate-key`, `input/file-too-large`.
 */
export function loadYaml(text: string, file: string): YamlDocument {
  if (Buffer.byteLength(text) > SIZE_LIMIT) {
    throw new KronosError('input/file-too-large', `a YAML file may have at most ${String(SIZE_LIMIT)} bytes`, {
      location: { file },
      hint: 'is this the right file?',
    });
  }
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  const starts = lineStarts(source);
  const at = (offset: number): Location => locationOf(file, starts, offset);
  const reader = new Reader(source, parse(source, file), at);
  const root = reader.readDocument();

  const find = (path: Path): { node: Node; child: Child | undefined } => {
    let node = root;
    let child: Child | undefined;
    for (const part of path) {
      const next = node.children?.get(part);
      if (next === undefined) break;
      child = next;
      node = next.node;
    }
    return { node, child };
  };
  return {
    file,
    value: root.value,
    locate: (path) => at(find(path).node.start),
    locateKey: (path) => {
      const { node, child } = find(path);
      return at(child?.keyStart ?? node.start);
    },
    sourceOf: (path) => {
      let node: Node | undefined = root;
      for (const part of path) node = node?.children?.get(part)?.node;
      return node?.source;
    },
  };
}

function parse(source: string, file: string): Event[] {
  try {
    return parseEvents(source, { filename: file, maxDepth: 50 });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark } = error;
    throw new KronosError('input/yaml-syntax', `this is not YAML: ${error.reason}`, {
      location: mark === undefined ? { file } : { file, line: mark.line + 1, column: mark.column + 1 },
      hint: hintFor(error.reason),
    });
  }
}

function hintFor(reason: string): string {
  if (reason.includes('tab')) return 'indent with spaces';
  if (reason.includes('mapping values') || reason.includes('bad indentation')) {
    return 'look at the indentation, and quote texts that hold a colon followed by a space';
  }
  return 'look at the brackets, quotes and indentation of this line and the one before';
}

/** Turns the parser's flat events into values with offsets. */
class Reader {
  private readonly source: string;
  private readonly events: readonly Event[];
  private readonly at: (offset: number) => Location;
  private readonly duplicates: KronosError[] = [];
  private index = 0;
  /** Offset behind all that was read so far; values without text of their own are placed from here. */
  private cursor = 0;

  constructor(source: string, events: readonly Event[], at: (offset: number) => Location) {
    this.source = source;
    this.events = events;
    this.at = at;
  }

  readDocument(): Node {
    const documents = this.events.filter((event) => event.type === EVENT_ID.DOCUMENT).length;
    if (documents !== 1) {
      const found = documents === 0 ? 'nothing' : `${String(documents)} documents`;
      throw new KronosError('input/yaml-syntax', `expected one YAML document, found ${found}`, {
        location: this.at(0),
        hint: documents === 0 ? 'the file is empty' : 'keep what comes before the second `---`',
      });
    }
    this.index = 1;
    const root = this.readNode(0);
    if (this.duplicates.length > 0) throw new KronosErrors(this.duplicates);
    return root;
  }

  /** `fallback`: the offset that stands for a value without any text. */
  private readNode(fallback: number): Node {
    const event = this.next();
    switch (event.type) {
      case EVENT_ID.SCALAR:
        this.refuseProperties(event);
        return this.readScalar(event, fallback);
      case EVENT_ID.SEQUENCE:
        this.refuseProperties(event);
        return this.readSequence(event.start);
      case EVENT_ID.MAPPING:
        this.refuseProperties(event);
        return this.readMapping(event.start);
      case EVENT_ID.ALIAS:
        throw this.refuse(event.anchorStart - 1, 'an alias (`*name`)');
      case EVENT_ID.DOCUMENT:
      case EVENT_ID.POP:
        return { start: fallback, end: fallback, value: null };
    }
  }

  private readScalar(event: ScalarEvent, fallback: number): Node {
    if (event.valueStart < 0) return { start: fallback, end: fallback, value: null, source: '' };
    const text = getScalarValue(this.source, event);
    const plain = event.style === SCALAR_STYLE.PLAIN;
    const start = this.startOfScalar(event);
    const quoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
    const end = event.valueEnd + (quoted ? 1 : 0);
    this.cursor = end;
    return { start, end, value: plain ? CORE_SCHEMA.resolveImplicitScalarTag(text).value : text, source: text };
  }

  /** The quote or the block sign belongs to what the person typed; the event starts behind it. */
  private startOfScalar(event: ScalarEvent): number {
    switch (event.style) {
      case SCALAR_STYLE.PLAIN:
        return event.valueStart;
      case SCALAR_STYLE.SINGLE_QUOTED:
      case SCALAR_STYLE.DOUBLE_QUOTED:
        return event.valueStart - 1;
      case SCALAR_STYLE.LITERAL_BLOCK:
        return this.findSign('|', this.cursor, event.valueStart);
      case SCALAR_STYLE.FOLDED_BLOCK:
        return this.findSign('>', this.cursor, event.valueStart);
    }
  }

  private readSequence(start: number): Node {
    const value: unknown[] = [];
    const children = new Map<number, Child>();
    const flow = this.source[start] === '[';
    this.cursor = flow ? start + 1 : start;
    while (!this.atEnd()) {
      const dash = flow ? this.cursor : this.findSign('-', this.cursor, this.source.length);
      if (!flow) this.cursor = Math.max(this.cursor, dash + 1);
      const node = this.readNode(dash);
      children.set(value.length, { node });
      value.push(node.value);
    }
    this.cursor = Math.max(this.cursor, start);
    return { start, end: this.cursor, value, children };
  }

  private readMapping(start: number): Node {
    const value: Record<string, unknown> = {};
    const children = new Map<string, Child>();
    this.cursor = start;
    while (!this.atEnd()) {
      const { key, keyStart } = this.readKey();
      const node = this.readNode(keyStart);
      const earlier = children.get(key);
      if (earlier !== undefined) {
        const { line } = this.at(earlier.keyStart ?? earlier.node.start);
        this.duplicates.push(
          new KronosError('input/duplicate-key', `the key ${JSON.stringify(key)} is there twice, first in line ${String(line)}`, {
            location: this.at(keyStart),
            hint: 'remove one of the two, or put the values together',
          }),
        );
        continue;
      }
      children.set(key, { node, keyStart });
      // Not by assignment: `__proto__` must become a key like any other, for the schema to refuse.
      Object.defineProperty(value, key, { value: node.value, enumerable: true, configurable: true, writable: true });
    }
    return { start, end: this.cursor, value, children };
  }

  private readKey(): { key: string; keyStart: number } {
    const event = this.events[this.index];
    if (event?.type === EVENT_ID.SEQUENCE || event?.type === EVENT_ID.MAPPING) {
      throw new KronosError('input/yaml-syntax', 'expected a text as key, found a list or a mapping', {
        location: this.at(event.start),
        hint: 'texts that begin with a bracket or brace need quotes',
      });
    }
    const node = this.readNode(this.cursor);
    if (typeof node.value === 'string') return { key: node.value, keyStart: node.start };
    const typed = node.source ?? '';
    throw new KronosError('input/yaml-syntax', `expected a text as key, found ${typed === '' ? 'nothing' : typed}`, {
      location: this.at(node.start),
      hint: typed === '' ? 'write a name before the colon' : `quote it: "${typed}"`,
    });
  }

  private next(): Event {
    const event = this.events[this.index];
    if (event === undefined) throw new TypeError('the YAML parser ended in the middle of a value');
    this.index += 1;
    return event;
  }

  /** Takes the event that closes a collection, if that is what comes. */
  private atEnd(): boolean {
    if (this.events[this.index]?.type !== EVENT_ID.POP) return false;
    this.index += 1;
    return true;
  }

  /** The first `sign` from `from` that is not part of a comment; `from` where there is none before `to`. */
  private findSign(sign: string, from: number, to: number): number {
    for (let i = from; i < to; i += 1) {
      const char = this.source[i];
      if (char === sign) return i;
      if (char === '#') {
        while (i + 1 < to && this.source[i + 1] !== '\n' && this.source[i + 1] !== '\r') i += 1;
      }
    }
    return from;
  }

  private refuseProperties(event: { anchorStart: number; tagStart: number }): void {
    if (event.anchorStart >= 0) throw this.refuse(event.anchorStart - 1, 'an anchor (`&name`)');
    if (event.tagStart >= 0) throw this.refuse(event.tagStart, 'a tag (`!name`)');
  }

  private refuse(offset: number, what: string): KronosError {
    return new KronosError('input/yaml-syntax', `${what} has no place here`, {
      location: this.at(offset),
      hint: 'write the value out, and quote texts that begin with *, & or !',
    });
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
  return starts;
}

/** Columns count UTF-16 units, as editors do. */
function locationOf(file: string, starts: readonly number[], offset: number): Location {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
