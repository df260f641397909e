import { join } from 'node:path';
import test from 'ava';
import { readNeeds, readOwners, readStatus } from '../../../src/builder/packages/control.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';
import { makeDeb } from './deb.ts';

test('what a package needs comes with all alternatives, and without what it only recommends', async (t) => {
  const directory = await temporaryDirectory(t);
  const { file } = await makeDeb(directory, {
    name: 'needy',
    fields: {
      'Pre-Depends': 'libc6 (>= 2.36)',
      Depends: 'python3:any, mawk | gawk (>= 1)',
      Recommends: 'extra',
    },
  });
  t.deepEqual(await readNeeds([file]), [['libc6', 'python3', 'mawk', 'gawk']]);
  const { file: bare } = await makeDeb(directory, { name: 'bare' });
  t.deepEqual(await readNeeds([bare, file]), [[], ['libc6', 'python3', 'mawk', 'gawk']]);
});

test("dpkg's status is read whole, whatever the state of a package", async (t) => {
  const tree = await temporaryDirectory(t);
  await writeFiles(tree, {
    'var/lib/dpkg/status': `Package: apt
Status: install ok installed
Architecture: amd64
Version: 2.6.2
Priority: important

Package: zlib1g
Status: install ok unpacked
Architecture: amd64
Version: 1:1.3-1
Priority: required
Provides: libz1, zlib (= 1.3)

Package: dpkg
Essential: yes
Status: install ok installed
Architecture: amd64
Version: 1.22
Pre-Depends: libc6 (>= 2)
Depends: tar (>= 1.28-1) | busybox
Conffiles:
 /etc/dpkg/dpkg.cfg f4413ffb515f8f753624ae3bb365b81b
Description: package manager
 of several lines
 .
 Depends: nothing, this is prose
`,
  });
  t.deepEqual(await readStatus(tree), [
    {
      // apt's solver always takes apt, also where its priority is not "required" (Debian 12).
      ...{ name: 'apt', version: '2.6.2', architecture: 'amd64', status: 'install ok installed' },
      ...{ base: true, needs: [], provides: [] },
    },
    {
      ...{ name: 'dpkg', version: '1.22', architecture: 'amd64', status: 'install ok installed' },
      ...{ base: true, needs: ['libc6', 'tar', 'busybox'], provides: [] },
    },
    {
      ...{ name: 'zlib1g', version: '1:1.3-1', architecture: 'amd64' },
      ...{ status: 'install ok unpacked', base: true, needs: [], provides: ['libz1', 'zlib'] },
    },
  ]);
});

test('every path knows its package, behind links of a merged /usr and diversions', async (t) => {
  const tree = await temporaryDirectory(t);
  const info = join(tree, 'var/lib/dpkg/info');
  await writeFiles(info, {
    'libc6:amd64.list': '/.\n/lib\n/lib/libc.so.6\n',
    'dash.list': '/.\n/bin\n/bin/sh\n',
    'other.list': '/.\n/bin/sh\n',
    'dash.postinst': '/not/a/list\n',
  });
  await writeFiles(tree, { 'var/lib/dpkg/diversions': '/bin/sh\n/bin/sh.distrib\ndash\n' });
  const owners = await readOwners(tree);
  t.is(owners.get('/usr/lib/libc.so.6'), 'libc6');
  t.is(owners.get('/usr/bin/sh'), 'dash');
  t.is(owners.get('/usr/bin/sh.distrib'), 'other');
  t.false(owners.has('/not/a/list'));
});
