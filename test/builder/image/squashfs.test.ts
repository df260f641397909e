import { chmod, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  DEFAULT_COMPRESSION,
  makeSquashfs,
  RELEASE_COMPRESSION,
  squashfsArguments,
  type Compression,
} from '../../../src/builder/image/squashfs.ts';
import { toolCommand } from '../../../src/builder/tools.ts';
import { digestFile } from '../../../src/common/digest.ts';
import { run } from '../../../src/common/process.ts';
import { compareWithGolden } from '../../golden.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';
import { toolsRoot } from '../../tools-root.ts';

const EPOCH = 1_790_000_000;

test('the arguments for every way to compress', async (t) => {
  const ways: Compression[] = [
    ...[
      DEFAULT_COMPRESSION,
      { name: 'zstd', level: 0 } as const,
      { name: 'zstd', level: 19 } as const,
    ],
    ...[RELEASE_COMPRESSION, { name: 'gzip', level: 9 } as const],
  ];
  const text = ways.map(
    (way) =>
      `${way.name} ${way.level}: ${squashfsArguments('/tree', '/out', way, EPOCH).join(' ')}\n`,
  );
  await compareWithGolden(t, import.meta.url, 'squashfs.txt', text.join(''));
});

test('two layers of the same tree are the same, whatever the dates and the order of names', async (t) => {
  const directory = await temporaryDirectory(t);
  const make = async (name: string, order: readonly string[], date: number) => {
    const tree = join(directory, name);
    for (const path of order) await writeFiles(tree, { [path]: `${path}\n`.repeat(5000) });
    await writeFiles(tree, { 'etc/link': '-> b' });
    await chmod(join(tree, 'etc/b'), 0o4755);
    await utimes(join(tree, 'etc/b'), date, date);
    const target = join(directory, `${name}.squashfs`);
    await makeSquashfs(toolsRoot(), tree, target, DEFAULT_COMPRESSION, EPOCH, ['-all-root']);
    return target;
  };
  const first = await make('first', ['etc/a', 'etc/b', 'usr/c'], 1e9);
  const second = await make('second', ['usr/c', 'etc/b', 'etc/a'], 1.1e9);
  t.is(await digestFile(first), await digestFile(second));
  const list = await run(toolCommand(toolsRoot(), 'unsquashfs', ['-lls', '-d', '', first]));
  t.regex(list.stdout, /^-rwsr-xr-x root\/root +30000 2026-09-21 .* \/etc\/b$/m);
});

test('a layer that is there already is replaced, not added to', async (t) => {
  const directory = await temporaryDirectory(t);
  const target = join(directory, 'out.squashfs');
  await writeFiles(directory, { 'tree/a': 'a' });
  const make = () =>
    makeSquashfs(toolsRoot(), join(directory, 'tree'), target, DEFAULT_COMPRESSION, EPOCH);
  await make();
  const alone = await digestFile(target);
  await writeFile(join(directory, 'tree/b'), 'b');
  await make();
  t.not(await digestFile(target), alone);
  await rename(join(directory, 'tree/b'), join(directory, 'b'));
  await make();
  t.is(await digestFile(target), alone);
});
