import test from 'ava';
import { parseDpkgStatus, resolveDependencies } from '../../../src/builder/manifest/dpkg-status.ts';

const STATUS = `Package: a
Status: install ok installed
Architecture: amd64
Version: 1:1.0-1
Pre-Depends: libc6 (>= 2.36)
Depends: b:any (= 1) | c, virtual,
 gone | d <!nocheck>, a
Description: first
 Depends: not-this
 .
 more

Package: d
Status: install ok installed
Architecture: all
Version: 2
Provides: virtual (= 3), other

Package: e
Status: hold ok installed
Architecture: all
Version: 2
Provides: virtual

Package: c
Status: install ok installed
Version: 1

Package: libc6
Status: install ok installed
Version: 2.41

Package: gone
Status: deinstall ok config-files
Version: 1

Package: half
Status: install ok half-configured
Version: 1
`;

test('only what is installed is read, with dependencies by name', (t) => {
  const packages = parseDpkgStatus(STATUS);
  t.deepEqual(
    packages.map(({ name }) => name),
    ['a', 'd', 'e', 'c', 'libc6'],
  );
  t.deepEqual(packages[0], {
    name: 'a',
    version: '1:1.0-1',
    architecture: 'amd64',
    depends: [['libc6'], ['b', 'c'], ['virtual'], ['gone', 'd'], ['a']],
    provides: [],
  });
});

test('dependencies lead to the alternatives that are there, and to all that provide a name', (t) => {
  const resolved = resolveDependencies(parseDpkgStatus(STATUS));
  t.deepEqual(resolved.get('a'), ['c', 'd', 'e', 'libc6']);
  t.deepEqual(resolved.get('libc6'), []);
});
