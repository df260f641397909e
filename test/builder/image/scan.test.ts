import { chmod, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { sameEntry, scanTree, toEntry } from '../../../src/builder/image/scan.ts';
import { digestOf } from '../../../src/common/digest.ts';
import { run } from '../../../src/common/process.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

test('every kind of entry, sorted by code units, links never followed', async (t) => {
  const tree = await temporaryDirectory(t);
  await writeFiles(tree, {
    'a/file': 'text',
    'a-b': '',
    B: '',
    'a/ü': '',
    link: '-> a',
    dangling: '-> /nowhere',
    'empty/': '',
  });
  await chmod(tree, 0o755);
  await chmod(join(tree, 'a/file'), 0o4711);
  await run(['mkfifo', join(tree, 'fifo')]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(tree, 'socket'), resolve));
  t.teardown(() => server.close());

  const entries = scanTree(tree).map(toEntry);
  t.deepEqual(
    entries.map(({ path, type }) => `${path} ${type}`),
    [
      ...['/ directory', '/B file', '/a directory', '/a-b file', '/a/file file', '/a/ü file'],
      ...['/dangling symlink', '/empty directory', '/fifo fifo', '/link symlink', '/socket socket'],
    ],
  );
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  t.deepEqual(entries[4], {
    ...{ path: '/a/file', type: 'file', mode: 0o4711, uid, gid },
    ...{ size: 4, sha256: digestOf('text') },
  });
  t.deepEqual(entries[9], { path: '/link', type: 'symlink', mode: 0o777, uid, gid, target: 'a' });
});

test('mount points are listed and not entered', async (t) => {
  const tree = await temporaryDirectory(t);
  await writeFiles(tree, { 'proc/1/stat': '', 'etc/proc/x': '' });
  t.deepEqual(
    scanTree(tree, { skip: new Set(['/proc']) }).map(({ path }) => path),
    ['/', '/etc', '/etc/proc', '/etc/proc/x', '/proc'],
  );
});

test('with an earlier scan only files that were touched are read again', async (t) => {
  const tree = await temporaryDirectory(t);
  await writeFiles(tree, { same: 'same', changed: 'before', replaced: 'before', moded: 'x' });
  // What the earlier scan says about content is believed; a wrong digest shows who read a file.
  const before = new Map(
    scanTree(tree).map((entry) => [
      entry.path,
      entry.type === 'file' ? { ...entry, sha256: 'believed' } : entry,
    ]),
  );
  await writeFile(join(tree, 'changed'), 'after!');
  await writeFiles(tree, { other: 'other', added: 'added' });
  await rename(join(tree, 'other'), join(tree, 'replaced'));
  await chmod(join(tree, 'moded'), 0o600);
  const digests = scanTree(tree, { before }).flatMap(({ path, sha256 }) =>
    sha256 === undefined ? [] : [`${path} ${sha256}`],
  );
  t.deepEqual(digests, [
    `/added ${digestOf('added')}`,
    `/changed ${digestOf('after!')}`,
    `/moded ${digestOf('x')}`,
    `/replaced ${digestOf('other')}`,
    '/same believed',
  ]);
});

test('entries are the same where type, mode, owner, content and target are', (t) => {
  const file = { path: '/a', type: 'file', mode: 0o644, uid: 0, gid: 0, sha256: 'x' } as const;
  t.true(sameEntry(file, { ...file, path: '/b', owner: 'package:a' }));
  for (const other of [
    ...[{ type: 'fifo' as const }, { mode: 0o600 }, { uid: 1 }, { gid: 1 }],
    ...[{ sha256: 'y' }, { target: 'y' }],
  ]) {
    t.false(sameEntry(file, { ...file, ...other }), JSON.stringify(other));
  }
});
