// From a tree of XML to elements of the table: whatever the table does not know, at its place, is a mistake.
import { shorten } from '../../common/format.ts';
import { nearest } from '../../common/nearest.ts';
import type { AnswerAttribute, AnswerElement, ElementDefinition } from './definition.ts';
import type { Placed, Report } from './report.ts';
import { listOf } from './values.ts';
import type { XmlAttribute, XmlDocument, XmlElement } from './xml.ts';

interface Reading {
  table: readonly ElementDefinition[];
  report: Report;
  /** Unknown and misplaced parts become notes. */
  lenient: boolean;
  found: AnswerElement[];
}

/**
 * All elements of an answer file, parents first. Mistakes in the report: `input/unknown-element`,
 * `input/unknown-attribute`, `input/misplaced-element`, `input/misplaced-text`, `input/repeated-element`,
 * `input/repeated-attribute`. Undefined where not even the root is known.
 */
export function readElements(
  document: XmlDocument,
  options: { table: readonly ElementDefinition[]; report: Report; lenient: boolean },
): AnswerElement[] | undefined {
  const reading: Reading = { ...options, found: [] };
  for (const { kind, location } of document.remarks) {
    reading.report.remark(
      'cannot be kept',
      { subject: `a ${kind}`, location },
      'it is not carried over',
      'copy by hand what is worth it',
    );
  }
  const { root } = document;
  const definition = lookUp(root.name, options.table);
  if (definition?.parents.length !== 0) {
    options.report.mistake(
      'input/answer-root',
      `the root element is <${shortName(root.name)}>, not one of an answer file`,
      { at: placed(root), hint: 'an answer file begins with <installation>' },
    );
    return undefined;
  }
  readElement(root, definition, reading);
  return reading.found;
}

function placed(xml: XmlElement): Placed {
  return { subject: `<${shortName(xml.name)}>`, location: xml.location };
}

/** The definition by its name or by a deprecated one. */
function lookUp(name: string, table: readonly ElementDefinition[]): ElementDefinition | undefined {
  return table.find((one) => one.name === name || one.aliases?.includes(name) === true);
}

function readElement(
  xml: XmlElement,
  definition: ElementDefinition,
  reading: Reading,
): AnswerElement {
  const children: AnswerElement[] = [];
  const element: AnswerElement = {
    definition,
    ...placed(xml),
    text: readText(xml, definition, reading),
    attributes: readAttributes(xml, definition, reading),
    children,
  };
  reading.found.push(element);
  if (xml.name !== definition.name && definition.parents.length > 0) {
    reading.report.remark(
      'kept',
      element,
      `read as <${definition.name}>, of which it is a deprecated name`,
    );
  }
  for (const child of xml.children) {
    const read = readChild(child, definition, reading);
    if (read !== undefined) children.push(read);
  }
  return element;
}

function readChild(
  xml: XmlElement,
  parent: ElementDefinition,
  reading: Reading,
): AnswerElement | undefined {
  const { report, lenient, table } = reading;
  const at = placed(xml);
  const definition = lookUp(xml.name, table);
  if (definition === undefined) {
    if (lenient) {
      report.lost(at, 'no installer knows this element', 'look for what was meant');
      return undefined;
    }
    const near = table.filter((one) => one.parents.includes(parent.name)).flatMap(allNames);
    report.mistake('input/unknown-element', `unknown element ${at.subject} in <${parent.name}>`, {
      at,
      hint: report.isFull ? undefined : unknownName(xml.name, near, table.flatMap(allNames)),
    });
    return undefined;
  }
  if (!definition.parents.includes(parent.name) && !isTakenHere(at, definition, parent, reading)) {
    return undefined;
  }
  const before = reading.found.filter((one) => one.definition === definition);
  if (definition.many !== true && before.length > 0) {
    if (lenient) {
      report.lost(at, 'only the first of this name is read', 'remove the others');
      return undefined;
    }
    report.mistake('input/repeated-element', `${at.subject} is there more than once`, {
      at,
      hint: 'the installers read only the first: remove the others',
    });
  }
  return readElement(xml, definition, reading);
}

/** Whether an element in the wrong place is read all the same; says so, or that it is not. */
function isTakenHere(
  at: Placed,
  definition: ElementDefinition,
  parent: ElementDefinition,
  { report, lenient }: Reading,
): boolean {
  const where = listOf(definition.parents.map((name) => `<${name}>`));
  if (!lenient || definition.parents.length === 0) {
    report.mistake('input/misplaced-element', `${at.subject} stands in <${parent.name}>`, {
      at,
      hint: definition.parents.length === 0 ? 'it is the root' : `it belongs in ${where}`,
    });
    return false;
  }
  // What belongs to the root the installers find anywhere.
  const taken = definition.parents.includes('installation');
  if (taken) {
    report.remark(
      'changed',
      at,
      `it stands in <${parent.name}> and is read as if it stood in ${where}`,
      'put it there',
    );
  } else {
    report.lost(at, `it has no meaning in <${parent.name}>`, `it belongs in ${where}`);
  }
  return taken;
}

function readAttributes(
  xml: XmlElement,
  definition: ElementDefinition,
  reading: Reading,
): Map<string, AnswerAttribute> {
  const { report, lenient } = reading;
  const read = new Map<string, AnswerAttribute>();
  for (const attribute of xml.attributes) {
    const at = {
      subject: `${shortName(attribute.name)} of <${shortName(xml.name)}>`,
      location: attribute.location,
    };
    const known = definition.attributes.find(
      (one) => one.name === attribute.name || one.aliases?.includes(attribute.name) === true,
    );
    if (known === undefined) {
      reportUnknownAttribute(attribute, xml, definition, reading);
    } else if (attribute.value === '') {
      report.remark('kept', at, 'it is empty, which is the same as leaving it out');
    } else if (read.has(known.name)) {
      if (lenient) report.lost(at, 'it is given under another name as well', 'remove it');
      else
        report.mistake('input/repeated-attribute', `${at.subject} is there under two names`, {
          at,
          hint: `remove one of the two: ${listOf(allNames(known))}`,
        });
    } else {
      if (attribute.name !== known.name) {
        report.remark('kept', at, `read as ${known.name}, of which it is a deprecated name`);
      }
      read.set(known.name, { ...at, value: attribute.value });
    }
  }
  return read;
}

function reportUnknownAttribute(
  attribute: XmlAttribute,
  xml: XmlElement,
  definition: ElementDefinition,
  { report, lenient }: Reading,
): void {
  const name = shortName(attribute.name);
  const at = { subject: `${name} of <${shortName(xml.name)}>`, location: attribute.location };
  if (lenient) {
    report.lost(at, 'no installer knows this attribute', 'look for what was meant');
    return;
  }
  const names = definition.attributes.flatMap(allNames);
  report.mistake(
    'input/unknown-attribute',
    `unknown attribute ${name} of <${shortName(xml.name)}>`,
    {
      at,
      hint: names.length === 0 ? 'it takes none' : unknownName(attribute.name, names, names),
    },
  );
}

function readText(xml: XmlElement, definition: ElementDefinition, reading: Reading): string {
  const { report } = reading;
  const shown = xml.texts.filter(({ text }) => text.trim() !== '');
  if (definition.content !== 'text') {
    for (const { location } of shown) {
      const at = { subject: `text in <${shortName(xml.name)}>`, location };
      if (reading.lenient) report.lost(at, 'no installer reads it', 'remove it');
      else
        report.mistake('input/misplaced-text', `there is text in <${shortName(xml.name)}>`, {
          at,
          hint:
            definition.content === 'nothing'
              ? 'this element takes attributes only: remove the text'
              : 'this element takes elements only: remove the text',
        });
    }
    return '';
  }
  for (const { cdata, location } of shown) {
    if (!cdata) continue;
    report.remark(
      'changed',
      { subject: `CDATA in <${shortName(xml.name)}>`, location },
      'it is read as text; the installers do not see what is in a CDATA section',
      'look whether it is what the host was installed with',
    );
  }
  return xml.texts
    .map(({ text }) => text)
    .join('')
    .trim();
}

function allNames(definition: { name: string; aliases?: readonly string[] }): string[] {
  return [definition.name, ...(definition.aliases ?? [])];
}

function shortName(name: string): string {
  return shorten(name, 60);
}

/** What helps with a name that is not known: the nearest one here, the nearest one anywhere, or all of them. */
function unknownName(name: string, here: readonly string[], all: readonly string[]): string {
  const guess = name.length > 60 ? undefined : (nearest(name, here) ?? nearest(name, all));
  if (guess !== undefined) return `did you mean ${guess}?`;
  return here.length > 8
    ? 'docs/answer-files.md lists what the installers know; --lenient makes a note of the rest'
    : `known here: ${here.join(', ')}`;
}
