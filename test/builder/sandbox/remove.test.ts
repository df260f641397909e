import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { removeTree } from '../../../src/builder/sandbox/remove.ts';
import { exists } from '../../../src/common/files.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

test('a tree goes, what its links lead to stays', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, {
    'kept/file': '',
    'tree/deep/er/file': '',
    'tree/link': '-> ../kept',
    'tree/dangling': '-> nowhere',
  });
  await chmod(join(directory, 'tree/deep/er/file'), 0);
  await removeTree(join(directory, 'tree'));
  t.false(await exists(join(directory, 'tree')));
  t.true(await exists(join(directory, 'kept/file')));
  await t.notThrowsAsync(removeTree(join(directory, 'tree')));
});

test('a file is a tree too', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, { file: '' });
  await removeTree(join(directory, 'file'));
  t.false(await exists(join(directory, 'file')));
});
