// Parts of host files laid over one another, as one document in which every value knows where it was typed.
import type { Location } from '../../common/error.ts';
import { isMapping } from '../../host/document.ts';
import { valueAt } from '../../common/schema-path.ts';
import type { Path, YamlDocument } from '../../common/yaml.ts';

/** A part of a host file: the document that has it. The value of the document is the part itself. */
export type Layer = YamlDocument;

/** The mapping at a place of a document, as a document of its own; empty where there is none. */
export function layerAt(document: YamlDocument, base: Path): Layer {
  return {
    file: document.file,
    value: valueAt(document.value, base) ?? {},
    locate: (path) => document.locate([...base, ...path]),
    locateKey: (path) => document.locateKey([...base, ...path]),
    sourceOf: (path) => document.sourceOf([...base, ...path]),
  };
}

/**
 * What `upper` makes of `lower`: mappings are put together key by key, null takes a key away, and all else is replaced as
 * a whole. Neither is changed; what is taken over is shared.
 */
export function mergeOver(lower: unknown, upper: unknown): unknown {
  if (!isMapping(upper)) return upper;
  const below = isMapping(lower) ? lower : {};
  const own = Object.entries(upper).filter(([, value]) => value !== null);
  return Object.fromEntries([
    ...Object.entries(below).filter(([key]) => upper[key] !== null),
    ...own.map(([key, value]) => [key, mergeOver(valueAt(below, [key]), value)] as const),
  ]);
}

/**
 * Layers as one document, the last one on top. `value` is what `mergeOver` makes of them, for who has it already; `root`
 * is the place of what no layer has.
 */
export function overlayDocument(
  layers: readonly Layer[],
  root: () => Location,
  value: unknown = layers.reduce<unknown>((below, { value: own }) => mergeOver(below, own), {}),
): YamlDocument {
  return {
    file: root().file,
    value,
    locate: (path) => {
      const { layer, found } = ownerOf(layers, path);
      return layer === undefined ? root() : layer.locate(found);
    },
    locateKey: (path) => {
      const { layer, found } = ownerOf(layers, path);
      return layer === undefined ? root() : layer.locateKey(found);
    },
    sourceOf: (path) => {
      const { layer, found } = ownerOf(layers, path);
      return found.length === path.length ? layer?.sourceOf(path) : undefined;
    },
  };
}

/** The layer from which the value at a path comes, or its nearest parent that is there at all. */
function ownerOf(layers: readonly Layer[], path: Path): { layer: Layer | undefined; found: Path } {
  let active = layers;
  let owner: Layer | undefined;
  let length = 0;
  for (; length < path.length; length += 1) {
    active = contributing(active, path.slice(0, length + 1));
    const top = active.at(-1);
    if (top === undefined) break;
    owner = top;
    // What is no mapping comes from one layer with all that is in it.
    if (!isMapping(valueAt(top.value, path.slice(0, length + 1))))
      return { layer: top, found: path };
  }
  return { layer: owner, found: path.slice(0, length) };
}

/** Those of the layers whose value at a path is part of what comes out, in order. */
function contributing(layers: readonly Layer[], path: Path): Layer[] {
  let active: Layer[] = [];
  for (const layer of layers) {
    const value = valueAt(layer.value, path);
    if (value === undefined) continue;
    if (value === null) active = [];
    else if (isMapping(value))
      active = [...active.filter((one) => isMapping(valueAt(one.value, path))), layer];
    else active = [layer];
  }
  return active;
}
