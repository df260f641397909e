import { lstat, mkdir, readFile, readlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  damaged,
  extractArchives,
  extractEssential,
  findEssential,
  findFirst,
  prepareDpkg,
  toDpkgPattern,
} from '../../../src/builder/packages/unpack.ts';
import { KronosError } from '../../../src/common/error.ts';
import { exists, listFiles } from '../../../src/common/files.ts';
import { CommandError } from '../../../src/common/process.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { makeDeb, names } from './deb.ts';

test('globs as dpkg knows them', (t) => {
  t.is(toDpkgPattern('/usr/share/doc/**'), '/usr/share/doc/*');
  t.is(toDpkgPattern('/usr/share/doc/*/copyright'), '/usr/share/doc/*/copyright');
  t.is(toDpkgPattern('/usr/**/locale/**'), '/usr/*/locale/*');
});

test('the essential packages are those of the lock, with all they need', async (t) => {
  const directory = await temporaryDirectory(t);
  const archives = await Promise.all([
    makeDeb(directory, {
      name: 'dpkg',
      fields: { 'Pre-Depends': 'libc6 (>= 2)', Depends: 'tar | star' },
    }),
    makeDeb(directory, { name: 'libc6', fields: { Depends: 'libgcc, dpkg' } }),
    makeDeb(directory, { name: 'libgcc', fields: { Depends: 'not-locked', Recommends: 'extra' } }),
    makeDeb(directory, { name: 'star' }),
    makeDeb(directory, { name: 'extra' }),
  ]);
  const found = await findEssential(archives);
  t.deepEqual(
    found.map(({ name }) => name),
    ['dpkg', 'libc6', 'libgcc', 'star'],
  );
  // What runs dpkg before all essential packages are there is found without reading them again.
  const unread = found.map((archive) => ({ ...archive, file: '/nonexistent' }));
  const others = await findEssential([await makeDeb(directory, { name: 'mawk' })]);
  t.deepEqual(
    (await findFirst([...unread, ...others])).map(({ name }) => name),
    ['dpkg', 'libc6', 'libgcc', 'star'],
  );
});

test('the links of a merged /usr survive packages that bring directories there', async (t) => {
  const directory = await temporaryDirectory(t);
  const tree = join(directory, 'tree');
  const debs = [
    await makeDeb(directory, {
      name: 'old-style',
      files: { 'bin/tool': 'tool', 'lib/x86_64-linux-gnu/libx.so': 'lib', 'sbin/init': '-> tool' },
    }),
    await makeDeb(directory, {
      name: 'new-style',
      files: {
        'usr/bin/other': 'other',
        'usr/share/doc/new-style/copyright': '',
        'usr/share/doc/new-style/sub/changelog': '',
        'usr/share/keep/doc': '',
      },
    }),
  ];
  await mkdir(tree);
  await extractEssential(tree, debs, ['/usr/share/doc/**']);
  for (const part of ['bin', 'sbin', 'lib', 'lib64']) {
    t.is(await readlink(join(tree, part)), `usr/${part}`);
  }
  t.is(await readFile(join(tree, 'bin/tool'), 'utf8'), 'tool');
  t.deepEqual(await names(join(tree, 'usr/bin')), ['other', 'tool']);
  t.deepEqual(
    (await listFiles(tree)).filter((path) => path.startsWith('usr/')),
    [
      ...['usr/bin/other', 'usr/bin/tool', 'usr/lib/x86_64-linux-gnu/libx.so'],
      ...['usr/sbin/init', 'usr/share/keep/doc'],
    ],
  );
});

test('a package that is cut off is named', async (t) => {
  const directory = await temporaryDirectory(t);
  const { file } = await makeDeb(directory, { name: 'cut', files: { 'a/file': 'x'.repeat(9000) } });
  await truncate(file, 5000);
  const error = await t.throwsAsync(extractArchives([file], directory), {
    instanceOf: KronosError,
  });
  t.is(error.code, 'verification/package-damaged');
  t.regex(error.message, /unpacking cut\.deb failed/);
  t.truthy(error.hint);
});

test('names of files and directories reach no shell', async (t) => {
  const directory = await temporaryDirectory(t);
  const place = join(directory, '$(touch hit) "a');
  await mkdir(place);
  const { file } = await makeDeb(place, { name: 'odd', files: { 'a b/$HOME': 'x' } });
  await extractArchives([file], place, ['--exclude=./`id`; *']);
  t.is(await readFile(join(place, 'a b/$HOME'), 'utf8'), 'x');
  t.false(await exists(join(directory, 'hit')));
});

test('dpkg finds its database and our settings', async (t) => {
  const tree = await temporaryDirectory(t);
  await prepareDpkg(tree, 'amd64', ['/usr/share/doc/**'], ['/usr/share/doc/*/copyright']);
  t.is(
    await readFile(join(tree, 'etc/dpkg/dpkg.cfg.d/zz-kronos-build'), 'utf8'),
    'force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\n',
  );
  t.is(await readFile(join(tree, 'var/lib/dpkg/arch'), 'utf8'), 'amd64\n');
  t.deepEqual(await names(join(tree, 'var/lib/dpkg')), [
    ...['arch', 'available', 'info', 'status', 'updates'],
  ]);
  // Debian's answer for "no service may be started": a program that ends with 101.
  t.is((await lstat(join(tree, 'usr/sbin/policy-rc.d'))).mode & 0o777, 0o755);
  t.regex(await readFile(join(tree, 'usr/sbin/policy-rc.d'), 'utf8'), /^exit 101$/m);
});

test('a write that a full disk cuts short is not blamed on the package', (t) => {
  const failure = (said: string): CommandError =>
    new CommandError(['bash'], 2, undefined, '', said);
  const full = failure('tar: ./usr/lib/libisofs.so.6: Wrote only 6656 of 10240 bytes');
  t.is(damaged(full, '/tree'), full);
  t.like(damaged(failure('kronos: failed at /cache/x.deb'), '/tree'), {
    code: 'verification/package-damaged',
  });
});
