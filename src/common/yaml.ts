// YAML of a person's hand: plain data plus the place of every key and value, so that a mistake found later in the data
// can be shown where it was typed.
import { parseEvents, YAMLException } from 'js-yaml';
import { KronosError } from './error.ts';
import type { Location } from './error.ts';
import { shorten } from './format.ts';
import { lineStarts, locationOf } from './line-map.ts';
import { YamlReader } from './yaml-reader.ts';
import type { YamlChild, YamlEvent, YamlNode } from './yaml-reader.ts';

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

/** One text, whose values can be found in it again. */
export interface YamlText extends YamlDocument {
  /** Where the scalar at `path` begins and ends in the text, quotes included; undefined where there is none. */
  rangeOf: (path: Path) => readonly [number, number] | undefined;
}

/** Bytes; a recipe is a page of text, so whatever is larger was named by mistake. */
const SIZE_LIMIT = 1024 * 1024;

/**
 * Reads one YAML document of at most `limit` bytes. Anchors, aliases and tags are refused: no format of ours needs them,
 * and aliases are how a short text becomes gigabytes. Errors: `input/yaml-syntax`, `input/duplicate-key`, `input/file-too-large`.
 */
export function loadYaml(text: string, file: string, limit = SIZE_LIMIT): YamlText {
  if (Buffer.byteLength(text) > limit) {
    throw new KronosError(
      'input/file-too-large',
      `a YAML file may have at most ${String(limit)} bytes`,
      {
        location: { file },
        hint: 'is this the right file?',
      },
    );
  }
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  const starts = lineStarts(source);
  const at = (offset: number): Location => locationOf(file, starts, offset);
  const reader = new YamlReader(source, parse(source, file), at);
  const root = reader.readDocument();

  const find = (path: Path): { node: YamlNode; child: YamlChild | undefined } => {
    let node = root;
    let child: YamlChild | undefined;
    for (const part of path) {
      const next = node.children?.get(part);
      if (next === undefined) break;
      child = next;
      node = next.node;
    }
    return { node, child };
  };
  const exactly = (path: Path): YamlNode | undefined => {
    let node: YamlNode | undefined = root;
    for (const part of path) node = node?.children?.get(part)?.node;
    return node;
  };
  return {
    file,
    value: root.value,
    locate: (path) => at(find(path).node.start),
    locateKey: (path) => {
      const { node, child } = find(path);
      return at(child?.keyStart ?? node.start);
    },
    sourceOf: (path) => exactly(path)?.source,
    rangeOf: (path) => {
      const node = exactly(path);
      if (node?.source === undefined) return undefined;
      const mark = text.length - source.length;
      return [node.start + mark, node.end + mark];
    },
  };
}

function parse(source: string, file: string): YamlEvent[] {
  try {
    return parseEvents(source, { filename: file, maxDepth: 50 });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark } = error;
    throw new KronosError('input/yaml-syntax', `this is not YAML: ${shorten(error.reason)}`, {
      location:
        mark === undefined ? { file } : { file, line: mark.line + 1, column: mark.column + 1 },
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
