import test from 'ava';
import fc from 'fast-check';
import type { Entry, Layer } from '../../../src/builder/image/contents.ts';
import {
  formatContents,
  formatReleaseContents,
  mergeLayers,
  parseContents,
  parseReleaseContents,
} from '../../../src/builder/image/contents-file.ts';

const common = { mode: 0o644, uid: 0, gid: 0 };
const file = (path: string, owner = 'package:a'): Entry => {
  return { ...common, path, type: 'file', size: 1, sha256: '0'.repeat(64), owner };
};
const directory = (path: string): Entry => ({ ...common, path, type: 'directory', mode: 0o755 });

test('contents are sorted by path with sorted keys, one entry a line', (t) => {
  const text = formatContents([
    { ...common, type: 'symlink', path: '/b', target: 'a' },
    directory('/a'),
  ]);
  t.is(
    text,
    '{"gid":0,"mode":493,"path":"/a","type":"directory","uid":0}\n' +
      '{"gid":0,"mode":420,"path":"/b","target":"a","type":"symlink","uid":0}\n',
  );
});

test('whatever a path is called, contents come back as they were', (t) => {
  const path = fc.string({ unit: 'binary', minLength: 1 }).map((name) => `/${name}`);
  fc.assert(
    fc.property(fc.uniqueArray(path), (paths) => {
      const entries = paths.map((name) => file(name));
      const text = formatContents(entries);
      t.is(formatContents(parseContents(text, 'x')), text);
      t.is(parseContents(text, 'x').length, paths.length);
      t.is(formatContents([...entries].reverse()), text);
    }),
  );
  t.pass();
});

test('a damaged line is told with its number', (t) => {
  const good = formatContents([file('/a')]);
  for (const line of [
    '',
    '{',
    '{"path":"/b"}',
    good.trim().replace('"mode":420', '"mode":"420"'),
  ]) {
    const error = t.throws(() => parseContents(`${good}${line}\n`, 'list.jsonl'), {
      code: 'verification/damaged-contents',
    });
    t.like(error, { location: { file: 'list.jsonl', line: 2 } });
  }
});

const layers: Layer[] = [
  { name: 'host', order: 1, live: false, entries: [file('/etc/x', 'recipe:a'), file('/d')] },
  {
    name: 'packages',
    order: 0,
    live: false,
    entries: [directory('/d'), file('/d/inside'), file('/dd'), file('/etc/x')],
  },
];

test('the upper layer wins, and hides what was below a directory that it replaced', (t) => {
  t.deepEqual(
    mergeLayers(layers).map(({ path, owner }) => [path, owner]),
    [
      ['/d', 'package:a'],
      ['/dd', 'package:a'],
      ['/etc/x', 'recipe:a'],
    ],
  );
});

test('the contents of a release come back as layers, bottom first', (t) => {
  const text = formatReleaseContents(layers);
  const read = parseReleaseContents(text, 'x');
  t.deepEqual(
    read.map(({ name, order, live, entries }) => [name, order, live, entries.length]),
    [
      ['packages', 0, false, 4],
      ['host', 1, false, 2],
    ],
  );
  t.is(formatReleaseContents(read), text);
});
