// The parser's flat events as a tree of values, each with the offset where it was typed.
import { CORE_SCHEMA, EVENT_ID, getScalarValue, SCALAR_STYLE } from 'js-yaml';
import type { parseEvents } from 'js-yaml';
import { KronosError, KronosErrors } from './error.ts';
import type { Location } from './error.ts';

/** An event of the parser. */
export type YamlEvent = ReturnType<typeof parseEvents>[number];
type ScalarEvent = Extract<YamlEvent, { type: typeof EVENT_ID.SCALAR }>;

/** A value with the key that it hangs on. */
export interface YamlChild {
  node: YamlNode;
  /** Offset of the key; absent for list items. */
  keyStart?: number;
}

/** A value with its place in the text. */
export interface YamlNode {
  start: number;
  /** Offset behind the last character that is known to belong to the value. */
  end: number;
  value: unknown;
  source?: string;
  children?: Map<string | number, YamlChild>;
}

/** Turns the parser's flat events into values with offsets. */
export class YamlReader {
  private readonly source: string;
  private readonly events: readonly YamlEvent[];
  private readonly at: (offset: number) => Location;
  private readonly duplicates: KronosError[] = [];
  private index = 0;
  /** Offset behind all that was read so far; values without text of their own are placed from here. */
  private cursor = 0;

  constructor(source: string, events: readonly YamlEvent[], at: (offset: number) => Location) {
    this.source = source;
    this.events = events;
    this.at = at;
  }

  readDocument(): YamlNode {
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
  private readNode(fallback: number): YamlNode {
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

  private readScalar(event: ScalarEvent, fallback: number): YamlNode {
    if (event.valueStart < 0) return { start: fallback, end: fallback, value: null, source: '' };
    const text = getScalarValue(this.source, event);
    const plain = event.style === SCALAR_STYLE.PLAIN;
    const start = this.startOfScalar(event);
    const quoted =
      event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
    const end = event.valueEnd + (quoted ? 1 : 0);
    this.cursor = end;
    return {
      start,
      end,
      value: plain ? CORE_SCHEMA.resolveImplicitScalarTag(text).value : text,
      source: text,
    };
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

  private readSequence(start: number): YamlNode {
    const value: unknown[] = [];
    const children = new Map<number, YamlChild>();
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

  private readMapping(start: number): YamlNode {
    const value: Record<string, unknown> = {};
    const children = new Map<string, YamlChild>();
    this.cursor = start;
    while (!this.atEnd()) {
      const { key, keyStart } = this.readKey();
      const node = this.readNode(keyStart);
      const earlier = children.get(key);
      if (earlier !== undefined) {
        const { line } = this.at(earlier.keyStart ?? earlier.node.start);
        this.duplicates.push(
          new KronosError(
            'input/duplicate-key',
            `the key ${JSON.stringify(key)} is there twice, first in line ${String(line)}`,
            {
              location: this.at(keyStart),
              hint: 'remove one of the two, or put the values together',
            },
          ),
        );
        continue;
      }
      children.set(key, { node, keyStart });
      value[key] = node.value;
    }
    return { start, end: this.cursor, value, children };
  }

  private readKey(): { key: string; keyStart: number } {
    const event = this.events[this.index];
    if (event?.type === EVENT_ID.SEQUENCE || event?.type === EVENT_ID.MAPPING) {
      throw new KronosError(
        'input/yaml-syntax',
        'expected a text as key, found a list or a mapping',
        {
          location: this.at(event.start),
          hint: 'texts that begin with a bracket or brace need quotes',
        },
      );
    }
    const node = this.readNode(this.cursor);
    // Assigned to a plain object it would vanish, and nothing may be silently ignored.
    if (node.value === '__proto__') throw this.refuse(node.start, 'the key `__proto__`');
    if (typeof node.value === 'string') return { key: node.value, keyStart: node.start };
    const typed = node.source ?? '';
    throw new KronosError(
      'input/yaml-syntax',
      `expected a text as key, found ${typed === '' ? 'nothing' : typed}`,
      {
        location: this.at(node.start),
        hint: typed === '' ? 'write a name before the colon' : `quote it: "${typed}"`,
      },
    );
  }

  private next(): YamlEvent {
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
      hint: what.startsWith('the key')
        ? undefined
        : 'write the value out, and quote texts that begin with *, & or !',
    });
  }
}
