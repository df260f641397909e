import test from 'ava';
import {
  compareInstalled,
  findDifferences,
  findUnasked,
  type ExpectedPackage,
} from '../../../src/builder/packages/compare.ts';
import type { DpkgRecord } from '../../../src/builder/packages/control.ts';
import { formatError, KronosError } from '../../../src/common/error.ts';
import { compareWithGolden } from '../../golden.ts';

const INSTALLED = 'install ok installed';

function record(name: string, more: Partial<DpkgRecord> = {}): DpkgRecord {
  return {
    ...{ name, version: '1', architecture: 'amd64', status: INSTALLED },
    ...{ base: false, needs: [], provides: [], ...more },
  };
}

function expected(name: string, more: Partial<ExpectedPackage> = {}): ExpectedPackage {
  return { name, version: '1', architecture: 'amd64', asked: false, ...more };
}

test('every way to differ from the lock is named, each package once', async (t) => {
  const error = t.throws(
    () => {
      compareInstalled(
        [
          record('base-files', { base: true, needs: ['libc6'] }),
          record('libc6', { architecture: 'i386' }),
          record('openssl', { version: '3.5.1-1' }),
          record('xen-utils', { status: 'install ok half-configured', needs: ['python3'] }),
          record('python3', { version: '3.13', architecture: 'all' }),
          record('backdoor'),
          record('extra'),
        ],
        [
          expected('backdoor'),
          expected('base-files'),
          expected('libc6'),
          expected('openssl', { version: '3.5.2-1', asked: true }),
          expected('python3', { version: '3.13', architecture: 'all' }),
          expected('systemd', { version: '257-2', asked: true }),
          expected('xen-utils', { asked: true }),
        ],
        'host',
      );
    },
    { instanceOf: KronosError },
  );
  await compareWithGolden(t, import.meta.url, 'compare.txt', `${formatError(error)}\n`);
  const { code, details } = error;
  t.is(code, 'verification/lock-mismatch');
  t.is((details?.['differences'] as unknown[]).length, 7);
});

test('a tree that is the lock passes, in any order', (t) => {
  const installed = [record('b'), record('a', { needs: ['b'] })];
  const locked = [expected('a', { asked: true }), expected('b')];
  t.deepEqual(findDifferences(installed, locked), []);
  t.notThrows(() => {
    compareInstalled(installed, locked, 'host');
    compareInstalled([...installed].reverse(), [...locked].reverse(), 'host');
  });
});

test('two architectures of one name are two packages', (t) => {
  const installed = [record('libc6'), record('libc6', { architecture: 'i386' })];
  t.deepEqual(findDifferences(installed, [expected('libc6')]), [
    'libc6:i386 1 was installed but is not in the lock',
  ]);
});

test('base packages, what is asked for, alternatives and provided names lead to what they need', (t) => {
  const installed = [
    record('base-files', { base: true, needs: ['awk'] }),
    record('mawk', { provides: ['awk'], needs: ['libm'] }),
    record('libm'),
    record('asked', { needs: ['first', 'second', 'not-installed'] }),
    record('first', { needs: ['asked'] }),
    record('second'),
  ];
  const locked = installed.map(({ name }) => expected(name, { asked: name === 'asked' }));
  t.deepEqual(findUnasked(installed, locked), []);
});

test('packages that only lead to each other are not asked for', (t) => {
  const installed = [
    record('asked'),
    record('ring-a', { needs: ['ring-b'] }),
    record('ring-b', { needs: ['ring-a', 'asked'] }),
  ];
  const locked = installed.map(({ name }) => expected(name, { asked: name === 'asked' }));
  t.deepEqual(findUnasked(installed, locked), [
    'ring-a 1 is in the lock but nothing asks for it',
    'ring-b 1 is in the lock but nothing asks for it',
  ]);
});

test('what is not in the lock at all is told as that only', (t) => {
  t.deepEqual(findUnasked([record('extra')], []), []);
});
