import test from 'ava';
import fc from 'fast-check';
import { writeCpio } from '../../../src/builder/image/cpio.ts';

interface Read {
  path: string;
  mode: number;
  mtime: number;
  content: string;
}

/** Reads a newc archive by the letter of the kernel's buffer-format.rst. */
function readCpio(archive: Buffer): Read[] {
  const found: Read[] = [];
  let position = 0;
  const align = (value: number): number => Math.ceil(value / 4) * 4;
  for (;;) {
    const text = archive.toString('latin1', position, position + 110);
    if (!text.startsWith('070701')) throw new Error(`no header at ${String(position)}`);
    const field = (index: number): number =>
      Number.parseInt(text.slice(6 + index * 8, 14 + index * 8), 16);
    const nameStart = position + 110;
    const path = archive.toString('utf8', nameStart, nameStart + field(11) - 1);
    const start = align(nameStart + field(11));
    if (path === 'TRAILER!!!') return found;
    found.push({
      path,
      mode: field(1),
      mtime: field(5),
      content: archive.toString('utf8', start, start + field(6)),
    });
    position = align(start + field(6));
  }
}

test('what is written is what is read, parents first, in whatever order files are named', (t) => {
  const files = [
    { path: 'scripts/kronos', mode: 0o644, content: 'mountroot() { :; }\n' },
    { path: 'conf/kronos/layers', mode: 0o600, content: '' },
    { path: 'conf/conf.d/x', mode: 0o755, content: 'ä' },
  ];
  const archive = writeCpio(files, 1_790_000_000);
  t.deepEqual(
    readCpio(archive).map(({ path, mode, content }) => [path, mode.toString(8), content]),
    [
      ['conf', '40755', ''],
      ['conf/conf.d', '40755', ''],
      ['conf/conf.d/x', '100755', 'ä'],
      ['conf/kronos', '40755', ''],
      ['conf/kronos/layers', '100600', ''],
      ['scripts', '40755', ''],
      ['scripts/kronos', '100644', 'mountroot() { :; }\n'],
    ],
  );
  t.true(readCpio(archive).every(({ mtime }) => mtime === 1_790_000_000));
  t.is(archive.length % 512, 0);
  t.deepEqual(writeCpio([...files].reverse(), 1_790_000_000), archive);
});

test('any content and any name comes back', (t) => {
  const name = fc.string({
    unit: fc.constantFrom('a', 'b', 'X', '0', '.', '_', '-', 'é'),
    minLength: 1,
    maxLength: 12,
  });
  const path = name.filter((part) => part !== '.' && part !== '..');
  fc.assert(
    fc.property(fc.uniqueArray(path), fc.string({ unit: 'grapheme' }), (paths, content) => {
      const archive = writeCpio(
        paths.map((each) => ({ path: each, mode: 0o644, content })),
        1,
      );
      const read = readCpio(archive);
      t.deepEqual(
        read.map((entry) => entry.path),
        [...paths].sort(),
      );
      t.true(read.every((entry) => entry.content === content));
    }),
  );
});

test('paths that lead elsewhere and paths named twice are refused', (t) => {
  for (const path of ['/etc/passwd', '../x', 'a//b', 'a/./b', '']) {
    t.throws(() => writeCpio([{ path, mode: 0o644, content: '' }], 0), { instanceOf: TypeError });
  }
  const twice = { path: 'a', mode: 0o644, content: '' };
  t.throws(() => writeCpio([twice, twice], 0), { instanceOf: TypeError });
});
