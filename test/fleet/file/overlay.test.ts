// Whatever is laid over one another: what comes out, and where it was typed.
import test from 'ava';
import fc from 'fast-check';
import { valueAt } from '../../../src/common/schema-path.ts';
import { loadYaml, type Path } from '../../../src/common/yaml.ts';
import { mergeOver, overlayDocument } from '../../../src/fleet/file/overlay.ts';
import { isMapping } from '../../../src/host/document.ts';

const ROOT = { file: 'fleet.yaml', line: 7, column: 3 };

const KEYS = ['a', 'b', 'c', 'constructor', 'toString'];

/** Mappings of few names, so that layers meet. */
const layer = fc.letrec<{ mapping: Record<string, unknown>; value: unknown }>((tie) => ({
  mapping: fc.dictionary(fc.constantFrom(...KEYS), tie('value'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(1, 'text', null, [1, null], [{ a: null }], true),
    tie('mapping'),
  ),
})).mapping;

const layers = fc.array(layer, { minLength: 1, maxLength: 5 });

/** The rule from above: the topmost layer that has a path decides, and mappings below it count as far as they go on. */
function expected(all: readonly unknown[], path: Path = []): unknown {
  const parts: Record<string, unknown>[] = [];
  for (const one of [...all].reverse()) {
    const value = valueAt(one, path);
    if (value === undefined) continue;
    if (!isMapping(value)) {
      if (parts.length > 0 || value === null) break;
      return value;
    }
    parts.unshift(value);
  }
  if (parts.length === 0) return undefined;
  // Only layers that are part of it are asked for what is in it.
  const from = all.filter((one) => parts.includes(valueAt(one, path) as Record<string, unknown>));
  const keys = new Set(parts.flatMap((part) => Object.keys(part)));
  return Object.fromEntries(
    [...keys].flatMap((key) => {
      const value = expected(from, [...path, key]);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** Every path of a value that ends at no mapping; what is in lists too. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (Array.isArray(value)) {
    return [path, ...value.flatMap((item, index) => leaves(item, [...path, index]))];
  }
  if (!isMapping(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function open(all: readonly unknown[]) {
  const documents = all.map((one, index) =>
    loadYaml(JSON.stringify(one, null, 1), `layer ${String(index)}`),
  );
  return { documents, whole: overlayDocument(documents, () => ROOT) };
}

test('later layers count: mappings are put together, null takes away, the rest is replaced', (t) => {
  fc.assert(
    fc.property(layers, (all) => {
      const before = structuredClone(all);
      t.deepEqual(open(all).whole.value, expected(all));
      t.deepEqual(all, before);
    }),
  );
  t.pass();
});

test('every value is where the topmost layer that has it says', (t) => {
  fc.assert(
    fc.property(layers, (all) => {
      const { documents, whole } = open(all);
      for (const path of leaves(whole.value)) {
        if (path.length === 0) continue;
        const top = documents.filter(({ value }) => valueAt(value, path) !== undefined).at(-1);
        t.deepEqual(whole.locate(path), top?.locate(path));
        t.deepEqual(whole.locateKey(path), top?.locateKey(path));
        t.is(whole.sourceOf(path), top?.sourceOf(path));
      }
    }),
  );
  t.pass();
});

test('a layer twice is the layer once, and layers may be put together before', (t) => {
  fc.assert(
    fc.property(layers, layer, (all, last) => {
      const once = open([...all, last]).whole.value;
      t.deepEqual(open([...all, last, last]).whole.value, once);
      t.deepEqual(mergeOver(open(all).whole.value, last), once);
    }),
  );
  t.pass();
});

test('what no layer has is where its nearest parent is', (t) => {
  const { whole } = open([{ a: { b: 1 } }, { a: { c: { d: 2 } } }, { a: { b: null } }]);
  t.deepEqual(whole.value, { a: { c: { d: 2 } } });
  t.deepEqual(whole.locate([]), ROOT);
  t.deepEqual(whole.locate(['x', 'y']), ROOT);
  t.like(whole.locate(['a', 'c', 'x']), { file: 'layer 1', line: 3 });
  t.like(whole.locate(['a', 'b']), { file: 'layer 2', line: 2 });
  t.is(whole.sourceOf(['a', 'c', 'd']), '2');
  t.is(whole.sourceOf(['a', 'c', 'x']), undefined);
});
