// The list that the build writes, as md5sum understands it, for files of all names.
import { createHash } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  formatCheckList,
  formatCopyDigests,
  parseCopyDigests,
  type CopyDigest,
} from '../../../src/builder/image/copy-digests.ts';
import { findDifferences, parseCheckLists } from '../../../src/installer/apply/check-copy.ts';
import { temporaryDirectory } from '../../temporary.ts';

const MANY = Array.from({ length: 300 }, (_, index) => `/usr/share/file-${index}`);

/** Names that lists of md5sum have signs of their own for. */
const ODD = ['/etc/two  blanks', '/etc/back\\x2dslash', '/etc/ünïcödé', '/-dash', '/# 17', '/*'];

/** Writes files below a directory; each holds its own path. */
async function writeTree(
  t: ExecutionContext,
  paths: readonly string[],
): Promise<{ directory: string; files: CopyDigest[] }> {
  const directory = await temporaryDirectory(t);
  const files: CopyDigest[] = [];
  for (const path of paths) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), path);
    const md5 = createHash('md5').update(path).digest('hex');
    // Sizes are believed: large ones make several groups.
    files.push({ path, size: 2 * 1024 * 1024, md5 });
  }
  return { directory, files };
}

test('a copy that is what it should be has no differences, and the progress comes to its end', async (t) => {
  const { directory, files } = await writeTree(t, [...MANY, ...ODD, '/etc/line\nbreak']);
  const lists = parseCheckLists(formatCheckList(files));
  t.true(lists.length > 5);
  t.is(
    lists.reduce((sum, { lines }) => sum + lines.split('\n').length - 1, 0),
    files.length,
  );
  const told: number[] = [];
  t.deepEqual(
    await findDifferences(directory, lists, (done, total) => told.push(done / total)),
    [],
  );
  t.is(told.length, lists.length);
  t.is(told.at(-1), 1);
});

test('what is changed, missing, shorter or cannot be read is found by its path', async (t) => {
  const { directory, files } = await writeTree(t, [...MANY, ...ODD]);
  await writeFile(join(directory, MANY[7] ?? ''), 'changed');
  await writeFile(join(directory, '/etc/ünïcödé'), '');
  await rm(join(directory, '/# 17'));
  await rm(join(directory, MANY[100] ?? ''));
  await mkdir(join(directory, MANY[100] ?? ''));
  await chmod(join(directory, '/-dash'), 0);
  const found = await findDifferences(directory, parseCheckLists(formatCheckList(files)));
  // Root reads what nobody may read.
  t.deepEqual(
    found.filter((path) => path !== '/-dash'),
    ['/# 17', '/etc/ünïcödé', MANY[100], MANY[7]].sort(),
  );
});

test('a list that is none is not taken for a copy without differences', async (t) => {
  const directory = await temporaryDirectory(t);
  const list = { bytes: 1, lines: 'no digest at all\n' };
  await t.throwsAsync(findDifferences(directory, [list]), { message: /not one of md5sum/ });
});

test('what a step of the build hands on is read as it was written', (t) => {
  const files = [
    { path: '/etc/two  blanks', size: 0, md5: 'a'.repeat(32) },
    { path: '/usr/bin/true', size: 12345678, md5: 'b'.repeat(32) },
  ];
  t.deepEqual(parseCopyDigests(formatCopyDigests(files)), files);
});
