// How an element or attribute of an answer file is defined: the one description that the importer reads by and that
// docs/answer-files.md is made from.
import type { Draft } from './draft.ts';
import type { Placed, Report } from './report.ts';

/** The two installers that read answer files. */
export const DIALECTS = ['xenserver', 'xcp-ng'] as const;
export type Dialect = (typeof DIALECTS)[number];

interface Definition {
  name: string;
  /** Deprecated names that the installers still read. */
  aliases?: readonly string[];
  /** What it may hold. */
  values: string;
  /** What it is where it is left out; `mandatory` where that is an error. */
  default: string;
  meaning: string;
  /** What the importer makes of it. */
  becomes: string;
  /** The installer that alone reads it. */
  only?: Dialect;
}

export type AttributeDefinition = Definition;

export interface ElementDefinition extends Definition {
  /** Names of the elements that it may stand in; none: it is the root. */
  parents: readonly string[];
  content: 'text' | 'elements' | 'nothing';
  attributes: readonly AttributeDefinition[];
  /** True where it may be there more than once. */
  many?: boolean;
  /** Puts it into the draft and notes what became of it; elements are read in the order of the table. */
  read: (element: AnswerElement, work: ImportWork) => void;
}

/** An attribute that is there and not empty; the installers take an empty one for a missing one. */
export interface AnswerAttribute extends Placed {
  value: string;
}

/** An element of the table as it stands in the file. */
export interface AnswerElement extends Placed {
  definition: ElementDefinition;
  /** Its text without white space at both ends. */
  text: string;
  attributes: ReadonlyMap<string, AnswerAttribute>;
  children: readonly AnswerElement[];
}

export interface ImportWork {
  root: AnswerElement;
  /** All elements, in the order of the file. */
  elements: readonly AnswerElement[];
  draft: Draft;
  report: Report;
  /** Undefined where nothing tells which installer the file was written for. */
  dialect: Dialect | undefined;
}

/** The elements of this name. */
export function elementsNamed(work: ImportWork, name: string): AnswerElement[] {
  return work.elements.filter((element) => element.definition.name === name);
}

/** The first child of this name. */
export function childNamed(element: AnswerElement, name: string): AnswerElement | undefined {
  return element.children.find((child) => child.definition.name === name);
}
