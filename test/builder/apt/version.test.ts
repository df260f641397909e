import test from 'ava';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { compareVersions } from '../../../src/builder/apt/version.ts';

/** What dpkg says: -1, 0 or 1. */
function dpkgOrder(a: string, b: string): number {
  const holds = (operator: string) =>
    spawnSync('dpkg', ['--compare-versions', a, operator, b], { stdio: 'ignore' }).status === 0;
  return holds('lt') ? -1 : holds('eq') ? 0 : 1;
}

/** Text made of the pieces that make versions hard. */
const piece = fc.constantFrom(
  '0',
  '1',
  '00',
  '9',
  '10',
  '123456789012345678901',
  'a',
  'Z',
  '~',
  '~~',
  '+',
  '.',
  '+b1',
  'deb13u1',
  '~rc1',
);
const upstream = fc
  .tuple(fc.nat(20), fc.array(piece, { maxLength: 5 }))
  .map(([first, rest]) => `${first}${rest.join('')}`);
const version = fc
  .tuple(fc.option(fc.nat(3)), upstream, fc.option(upstream))
  .map(
    ([epoch, main, revision]) =>
      `${epoch === null ? '' : `${epoch}:`}${main}${revision === null ? '' : `-${revision}`}`,
  );

test('versions are ordered as dpkg orders them', (t) => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      t.is(compareVersions(a, b), dpkgOrder(a, b), `${a} <=> ${b}`);
    }),
    { numRuns: 150 },
  );
});

test('order is antisymmetric and the same version equals itself', (t) => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      t.is(compareVersions(a, b) + compareVersions(b, a), 0);
      t.is(compareVersions(a, a), 0);
    }),
  );
});

test('well-known orders', (t) => {
  const ascending = [
    '1.0~beta1',
    '1.0',
    '1.0-1',
    '1.0-1+b1',
    '1.0-1+deb13u1',
    '1.0a',
    '1.0+x',
    '1.0.1',
    '1.10',
    '1:0.1',
  ];
  const shuffled = [...ascending].reverse().sort(compareVersions);
  t.deepEqual(shuffled, ascending);
  t.is(compareVersions('1.01', '1.1'), 0);
});
