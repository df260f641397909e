// XML as a tree of elements with their places. Whatever lets a short file grow or reach for another one is refused.
import { SaxesParser } from 'saxes';
import { KronosError, type Location } from '../../common/error.ts';
import { shorten } from '../../common/format.ts';
import { lineStarts, locationOf } from '../../common/line-map.ts';
import { decodeXml } from './xml-encoding.ts';

export interface XmlAttribute {
  name: string;
  value: string;
  location: Location;
}

/** A run of text between two tags, entities such as `&amp;` put in. */
export interface XmlText {
  text: string;
  cdata: boolean;
  /** Where its first character that is not white space was typed. */
  location: Location;
}

export interface XmlElement {
  name: string;
  attributes: XmlAttribute[];
  children: XmlElement[];
  texts: XmlText[];
  location: Location;
}

export interface XmlDocument {
  root: XmlElement;
  /** Comments and processing instructions: no reader of answer files looks at them. */
  remarks: { kind: 'comment' | 'processing instruction'; location: Location }[];
}

const DEPTH_LIMIT = 50;
/** Elements, attributes, comments and instructions; a large answer file has a hundred. */
const NODE_LIMIT = 10_000;
/** Characters of a parser's message; it may quote a name from the file. */
const MESSAGE_LIMIT = 100;

/**
 * Reads an XML document. Errors, each with its place: `input/xml-syntax`, `input/xml-entities` for a DOCTYPE,
 * `input/xml-nesting` below 50 levels, `input/xml-encoding`, `input/file-too-large`.
 */
export function loadXml(bytes: Uint8Array, file: string): XmlDocument {
  const text = decodeXml(bytes, file);
  const starts = lineStarts(text);
  return new TreeBuilder(text, (offset) =>
    locationOf(file, starts, Math.min(Math.max(offset, 0), text.length)),
  ).build();
}

class TreeBuilder {
  private readonly parser = new SaxesParser({ position: true, xmlns: false } as const);
  private readonly stack: XmlElement[] = [];
  private readonly remarks: XmlDocument['remarks'] = [];
  private root: XmlElement | undefined;
  /** The element that the last end tag was taken for. */
  private closed: XmlElement | undefined;
  private tagStart = 0;
  /** Offset behind the last tag, comment or section: where the next text begins. */
  private textStart = 0;
  private nodes = 0;
  private readonly text: string;
  private readonly at: (offset: number) => Location;

  constructor(text: string, at: (offset: number) => Location) {
    this.text = text;
    this.at = at;
    this.listen();
  }

  build(): XmlDocument {
    try {
      this.parser.write(this.text).close();
    } catch (error) {
      if (error instanceof KronosError) throw error;
      throw this.syntaxError(error instanceof Error ? error.message : String(error));
    }
    if (this.root === undefined) throw this.syntaxError('document must contain a root element.');
    return { root: this.root, remarks: this.remarks };
  }

  private listen(): void {
    const { parser } = this;
    parser.on('error', (error) => {
      throw this.syntaxError(error.message.replace(/^\d+:\d+: /, ''));
    });
    parser.on('xmldecl', () => {
      this.textStart = parser.position;
    });
    parser.on('doctype', () => {
      throw new KronosError(
        'input/xml-entities',
        'the file has a DOCTYPE; entities and other files are not read',
        {
          location: this.at(this.text.indexOf('<!DOCTYPE')),
          hint: 'remove the DOCTYPE and write what its entities stand for',
        },
      );
    });
    parser.on('opentagstart', () => {
      this.tagStart = this.text.lastIndexOf('<', parser.position - 1);
      this.count(this.tagStart);
      if (this.stack.length >= DEPTH_LIMIT) {
        throw new KronosError(
          'input/xml-nesting',
          `elements are nested more than ${String(DEPTH_LIMIT)} deep`,
          { location: this.at(this.tagStart), hint: 'is this the right file?' },
        );
      }
    });
    parser.on('opentag', (tag) => {
      const element: XmlElement = {
        name: tag.name,
        attributes: this.readAttributes(tag.attributes),
        children: [],
        texts: [],
        location: this.at(this.tagStart),
      };
      this.stack.at(-1)?.children.push(element);
      this.root ??= element;
      this.stack.push(element);
      this.textStart = parser.position;
    });
    parser.on('closetag', () => {
      this.closed = this.stack.pop();
      this.textStart = parser.position;
    });
    parser.on('text', (text) => {
      this.addText(text, false);
    });
    parser.on('cdata', (text) => {
      this.addText(text, true);
      this.textStart = parser.position;
    });
    parser.on('comment', () => {
      this.addRemark('comment', '<!--');
      // It is reported before its last character is read.
      this.textStart = parser.position + 1;
    });
    parser.on('processinginstruction', () => {
      this.addRemark('processing instruction', '<?');
      this.textStart = parser.position;
    });
  }

  /** The tag is known to be well-formed, so that its attributes can be found again in the text. */
  private readAttributes(values: Readonly<Record<string, string>>): XmlAttribute[] {
    const pattern = /\s+([^\s=/>]+)\s*=\s*(?:"[^"]*"|'[^']*')/y;
    pattern.lastIndex = this.tagStart + (/^<[^\s/>]+/.exec(this.tagText())?.[0].length ?? 0);
    const attributes: XmlAttribute[] = [];
    for (let match = pattern.exec(this.text); match !== null; match = pattern.exec(this.text)) {
      const [whole, name = ''] = match;
      this.count(match.index);
      attributes.push({
        name,
        value: values[name] ?? '',
        location: this.at(match.index + whole.indexOf(name)),
      });
    }
    return attributes;
  }

  private tagText(): string {
    return this.text.slice(this.tagStart, this.parser.position);
  }

  private addText(text: string, cdata: boolean): void {
    const blank = /^\s*/.exec(this.text.slice(this.textStart, this.parser.position))?.[0].length;
    this.stack
      .at(-1)
      ?.texts.push({ text, cdata, location: this.at(this.textStart + (blank ?? 0)) });
  }

  private addRemark(kind: 'comment' | 'processing instruction', mark: string): void {
    const start = this.text.indexOf(mark, this.textStart);
    this.count(start);
    this.remarks.push({ kind, location: this.at(start) });
  }

  private count(offset: number): void {
    this.nodes += 1;
    if (this.nodes <= NODE_LIMIT) return;
    throw new KronosError(
      'input/file-too-large',
      `an answer file may have at most ${String(NODE_LIMIT)} elements, attributes and comments`,
      { location: this.at(offset), hint: 'is this the right file?' },
    );
  }

  /** Says where the mistake was made, which is often before the place where the parser noticed it. */
  private syntaxError(said: string): KronosError {
    const { position } = this.parser;
    const message = said.replace(/\.$/, '');
    if (message.includes('entity name') || message.includes('undefined entity')) {
      return makeSyntaxError('it has & where no entity begins that XML has by itself', {
        location: this.at(this.text.lastIndexOf('&', position - 1)),
        hint: ENTITY_HINT,
      });
    }
    if (message.startsWith('unclosed tag') || message === 'unexpected end') {
      const ampersand = this.text.indexOf('&', this.textStart);
      if (ampersand !== -1 && !/^&[^\s;]*;/.test(this.text.slice(ampersand))) {
        return makeSyntaxError('it has & where no entity begins', {
          location: this.at(ampersand),
          hint: ENTITY_HINT,
        });
      }
      const open = this.stack.at(-1);
      return makeSyntaxError(
        open === undefined ? message : `<${shorten(open.name, MESSAGE_LIMIT)}> has no end`,
        {
          location: open?.location ?? this.at(position - 1),
          hint: hintFor(message),
        },
      );
    }
    if (message === 'unexpected close tag' && this.closed !== undefined) {
      const { name, location } = this.closed;
      return makeSyntaxError(
        `another end tag while <${shorten(name, MESSAGE_LIMIT)}> of line ${String(location.line)} is open`,
        { location: this.at(this.text.lastIndexOf('</', position)), hint: hintFor(message) },
      );
    }
    return makeSyntaxError(shorten(message, MESSAGE_LIMIT), {
      location: this.at(position - 1),
      hint: hintFor(message),
    });
  }
}

const ENTITY_HINT = 'write & as &amp; and < as &lt;';

function makeSyntaxError(
  message: string,
  options: { location: Location; hint: string },
): KronosError {
  return new KronosError('input/xml-syntax', `this is not XML: ${message}`, options);
}

function hintFor(message: string): string {
  if (message.includes('entity')) return ENTITY_HINT;
  if (message.includes('clos') || message.includes('unexpected end')) {
    return 'every <name> needs its </name>, in the opposite order';
  }
  if (message.includes('quoted') || message.includes('attribute')) {
    return 'write attributes as name="value", with spaces between them';
  }
  return 'look at the brackets and quotes of this line and the one before';
}
