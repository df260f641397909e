import { chmod, mkdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { copyAdditions, findAdditions } from '../../../src/builder/packages/additions.ts';
import { scanTree, sameEntry } from '../../../src/builder/image/scan.ts';
import { KronosError } from '../../../src/common/error.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

test('the layer on top holds what is new or changed, with the directories above, and nothing else', async (t) => {
  const directory = await temporaryDirectory(t);
  const tree = join(directory, 'tree');
  await writeFiles(tree, {
    'etc/same': 'same',
    'etc/rewritten': 'same text',
    'etc/changed': 'before',
    'etc/mode': 'x',
    'usr/lib/old/file': 'x',
    'usr/link': '-> old',
    'var/untouched/': '',
  });
  const before = new Map(scanTree(tree).map((entry) => [entry.path, entry]));
  await writeFiles(directory, { new: 'same text' });
  await rename(join(directory, 'new'), join(tree, 'etc/rewritten'));
  await writeFile(join(tree, 'etc/changed'), 'after');
  await chmod(join(tree, 'etc/mode'), 0o4755);
  await writeFiles(tree, { 'opt/live/a b\nc': 'odd name', 'opt/live/empty/': '' });
  await chmod(join(tree, 'opt/live'), 0o2710);
  await utimes(join(tree, 'opt/live/a b\nc'), 1e9, 1e9);

  const after = scanTree(tree, { before });
  const additions = findAdditions(before, after);
  t.deepEqual(
    additions.map(({ path }) => path),
    [
      ...['/', '/etc', '/etc/changed', '/etc/mode'],
      ...['/opt', '/opt/live', '/opt/live/a b\nc', '/opt/live/empty'],
    ],
  );
  const target = join(directory, 'target');
  await copyAdditions(tree, target, additions, directory);
  const copied = scanTree(target);
  t.deepEqual(
    copied.map(({ path }) => path),
    additions.map(({ path }) => path),
  );
  t.true(copied.every((entry, index) => sameEntry(entry, additions[index] ?? entry)));
  t.is((await stat(join(target, 'opt/live/a b\nc'))).mtimeMs, 1e12);
});

test('a tree that did not change adds nothing', async (t) => {
  const tree = await temporaryDirectory(t);
  await mkdir(join(tree, 'etc'));
  const entries = scanTree(tree);
  t.deepEqual(findAdditions(new Map(entries.map((entry) => [entry.path, entry])), entries), []);
});

test('what packages of the medium take away from the host is refused', async (t) => {
  const tree = await temporaryDirectory(t);
  await writeFiles(tree, { 'etc/a': '', 'etc/b': '' });
  const before = new Map(scanTree(tree).map((entry) => [entry.path, entry]));
  await rename(join(tree, 'etc/a'), join(tree, 'etc/c'));
  const error = t.throws(() => findAdditions(before, scanTree(tree)), { instanceOf: KronosError });
  t.is(error.code, 'input/live-removes');
  t.regex(error.message, /: \/etc\/a$/);
});
