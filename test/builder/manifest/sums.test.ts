import test from 'ava';
import fc from 'fast-check';
import { digestOf } from '../../../src/common/digest.ts';
import { formatSums, parseSums } from '../../../src/builder/manifest/sums.ts';

const sha256 = digestOf('x');

test('lines are sorted and as coreutils writes them', (t) => {
  t.is(
    formatSums(['pxe/b', 'a b', 'a\\n\n'].map((path) => ({ path, sha256 }))),
    `${sha256}  a b\n\\${sha256}  a\\\\n\\n\n${sha256}  pxe/b\n`,
  );
});

test('whatever a file is called, its line is read back', (t) => {
  const part = fc
    .string({ unit: 'binary', minLength: 1 })
    .filter((name) => !/^\.\.?$|\//.test(name));
  const path = fc.array(part, { minLength: 1 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.uniqueArray(path), (paths) => {
      const sums = parseSums(formatSums(paths.map((name) => ({ path: name, sha256 }))), 'x');
      t.deepEqual([...sums.keys()].sort(), [...paths].sort());
    }),
  );
  t.pass();
});

test('Unicode line separators are part of a name', (t) => {
  const path = 'a\u2028b\\\u2029c\u0085';
  t.deepEqual([...parseSums(formatSums([{ path, sha256 }]), 'x').keys()], [path]);
});

test('lines that are wrong or lead out of the directory are told with their number', (t) => {
  const lines = [
    'x',
    `${sha256} one-blank`,
    `${sha256}  /absolute`,
    `${sha256}  a/../../b`,
    `${sha256}  good`,
    `${sha256.toUpperCase()}  upper`,
  ];
  for (const line of lines) {
    const error = t.throws(() => parseSums(`${sha256}  good\n${line}\n`, 'SHA256SUMS'), {
      code: 'verification/damaged-sums',
    });
    t.like(error, { location: { file: 'SHA256SUMS', line: 2 } });
  }
});
