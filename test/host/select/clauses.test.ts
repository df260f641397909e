import test from 'ava';
import type { Disk } from '../../../src/host/inventory.ts';
import { checkDisk, checkInterface, sizeFits } from '../../../src/host/select/clauses.ts';
import { cut, cutFront, matchesGlob, plain, wrap } from '../../../src/host/select/text.ts';

const bare: Disk = {
  name: 'vda',
  links: [],
  size: 21_474_836_480,
  logicalSector: 512,
  physicalSector: 512,
  transport: 'virtio',
  rotational: false,
  removable: false,
  readOnly: false,
  contents: [],
  mounts: [],
  holders: [],
  bootMedium: false,
};

const SIZES: readonly [clause: string, bytes: number, fits: boolean][] = [
  ['480 GB', 480_103_981_056, true],
  ['480 GB', 475_200_000_000, true],
  ['480 GB', 475_199_999_999, false],
  ['480 GB', 484_800_001_000, false],
  ['>= 200 GB', 200e9, true],
  ['>=200GB', 200e9 - 1, false],
  ['> 200 GB', 200e9, false],
  ['<= 1 TB', 1e12, true],
  ['< 1 TB', 1e12, false],
  ['= 1 GiB', 2 ** 30, true],
  ['= 1 GiB', 2 ** 30 + 1, false],
  ['200 GB .. 1 TB', 200e9, true],
  ['200 GB..1 TB', 1e12, true],
  ['200 GB .. 1 TB', 1e12 + 1, false],
  ['1 TB .. 200 GB', 500e9, false],
  ['1.5 TB', 1.5e12, true],
];

for (const [clause, bytes, fits] of SIZES) {
  test(`size ${clause}: ${bytes}`, (t) => {
    t.is(sizeFits(clause, bytes), fits);
  });
}

test('globs are anchored, ignore case and blanks around, and take bounded time', (t) => {
  t.true(matchesGlob('SAMSUNG*', '  Samsung MZ7LH480 '));
  t.true(matchesGlob('*', ''));
  t.true(matchesGlob('a?c*', 'abc'));
  t.true(matchesGlob('*b*b*', 'abab'));
  t.true(matchesGlob('a*', 'a'));
  t.false(matchesGlob('a?', 'a'));
  t.false(matchesGlob('SAMSUNG', 'SAMSUNG MZ7'));
  t.false(matchesGlob('MZ7', 'SAMSUNG MZ7'));
  t.false(matchesGlob('a.c', 'abc'));
  t.true(matchesGlob('?', '💽'));
  t.false(matchesGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(5000)));
});

test('what a disk or a card does not say fits no clause, not even *', (t) => {
  const checked = checkDisk(
    { model: '*', vendor: '*', serial: '*', wwn: '*', size: '>= 1 GB', path: '/dev/VDA' },
    { ...bare, vendor: '   ' },
  );
  t.deepEqual(
    checked.map(({ clause, found, ok }) => [clause, found, ok]),
    [
      ['size', '21.5 GB', true],
      ['model', '(not known)', false],
      ['vendor', '(not known)', false],
      ['serial', '(not known)', false],
      ['wwn', '(not known)', false],
      ['path', '/dev/vda', true],
    ],
  );
  const card = checkInterface(
    { path: '*', driver: '*', link: false, speed: 10, mac: '52:54:*' },
    { name: 'eth0', mac: '52:54:00:12:34:56' },
  );
  t.deepEqual(
    card.map(({ clause, ok }) => [clause, ok]),
    [
      ['mac', true],
      ['path', false],
      ['driver', false],
      ['link', false],
      ['speed', false],
    ],
  );
});

test('what is mounted or held is not empty, whatever its signatures say', (t) => {
  const content = (disk: Disk): string | undefined =>
    checkDisk({ content: 'empty' }, disk)[0]?.found;
  t.is(content(bare), 'empty');
  t.is(content({ ...bare, holders: ['dm-0'] }), 'foreign');
  t.is(content({ ...bare, mounts: ['/'] }), 'foreign');
  const installed = { version: 'unknown', hostname: 'unknown' };
  t.is(content({ ...bare, installed }), 'kronos');
  t.is(content({ ...bare, installed: { ...installed, unfinished: true } }), 'empty');
});

test('texts of hardware are made fit for a console', (t) => {
  t.is(plain(' Ünï\u0007x '), '?n??x');
  t.is(cut('abcdef', 5), 'abc..');
  t.is(cutFront('abcdef', 5), '..def');
  t.deepEqual(wrap('aa bb cccccc', 5), ['aa bb', 'ccccc', 'c']);
});
