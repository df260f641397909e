import { chmod, link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { digestOf } from '../../../src/common/digest.ts';
import { run } from '../../../src/common/process.ts';
import { parsePseudoHeader, readLayer } from '../../../src/builder/manifest/layer-reader.ts';
import { parseLbaReport } from '../../../src/builder/manifest/medium.ts';
import { dearmour } from '../../../src/builder/manifest/signature.ts';
import { toolCommand } from '../../../src/builder/tools.ts';
import { toolsRoot } from '../../tools-root.ts';

test('every kind of inode is read from a squashfs as it is, by whoever reads', async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'kronos-layer-'));
  try {
    const tree = join(base, 'tree');
    await mkdir(join(tree, 'a dir'), { recursive: true });
    await chmod(tree, 0o755);
    await chmod(join(tree, 'a dir'), 0o1777);
    const big = Buffer.alloc(700_000, 'a line that repeats\n');
    await writeFile(join(tree, 'a dir/big'), big);
    await chmod(join(tree, 'a dir/big'), 0o4750);
    await link(join(tree, 'a dir/big'), join(tree, 'hard link'));
    await writeFile(join(tree, 'again'), big);
    await writeFile(join(tree, 'back\\slash\n"quoted" ümläut'), 'x');
    await writeFile(join(tree, 'empty'), '');
    await writeFile(join(tree, 'sparse'), '');
    await truncate(join(tree, 'sparse'), 1_000_000);
    await symlink('a dir/with blank\\ and\nline', join(tree, 'link'));
    for (const path of ['again', 'empty', 'sparse', 'back\\slash\n"quoted" ümläut'])
      await chmod(join(tree, path), 0o644);
    const image = join(base, 'layer.squashfs');
    const pseudo = [
      '-p',
      'console c 600 0 5 5 1',
      '-p',
      'disk b 660 0 6 8 0',
      '-p',
      'pipe i 600 7 8 f',
    ];
    await run(
      toolCommand(toolsRoot(), 'mksquashfs', [tree, image, '-quiet', '-no-progress', ...pseudo]),
      {
        environment: { PATH: '/usr/bin:/bin' },
      },
    );
    const { entries, captured } = await readLayer({
      file: image,
      offset: 0,
      toolsRoot: toolsRoot(),
      capture: ['/again', '/none'],
    });
    const shown = entries.map(({ path, type, mode, uid, gid, size, sha256, target }) =>
      [path, type, mode.toString(8), `${uid}:${gid}`, size, sha256?.slice(0, 8), target].filter(
        (value) => value !== undefined,
      ),
    );
    const repeated = digestOf(big).slice(0, 8);
    const own = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    t.deepEqual(shown, [
      ['/', 'directory', '755', own],
      ['/a dir', 'directory', '1777', own],
      ['/a dir/big', 'file', '4750', own, 700_000, repeated],
      ['/again', 'file', '644', own, 700_000, repeated],
      ['/back\\slash\n"quoted" ümläut', 'file', '644', own, 1, digestOf('x').slice(0, 8)],
      ['/console', 'character', '600', '0:5'],
      ['/disk', 'block', '660', '0:6'],
      ['/empty', 'file', '644', own, 0, digestOf('').slice(0, 8)],
      ['/hard link', 'file', '4750', own, 700_000, repeated],
      ['/link', 'symlink', '777', own, 'a dir/with blank\\ and\nline'],
      ['/pipe', 'fifo', '600', '7:8'],
      ['/sparse', 'file', '644', own, 1_000_000, digestOf(Buffer.alloc(1_000_000)).slice(0, 8)],
    ]);
    t.true(captured.get('/again')?.equals(big));
    t.false(captured.has('/none'));
    await truncate(image, 300);
    await t.throwsAsync(readLayer({ file: image, offset: 0, toolsRoot: toolsRoot() }), {
      code: 'verification/unreadable-layer',
    });
    await t.throwsAsync(
      readLayer({ file: image, offset: 0, toolsRoot: toolsRoot(), signal: AbortSignal.abort() }),
      { code: 'interrupted/cancelled' },
    );
  } finally {
    await rm(base, { recursive: true, force: true });
  }
});

test('extended attributes and comments in the list of inodes are passed over', (t) => {
  const { entries, files } = parsePseudoHeader(
    '/ D 1 755 0 0\n# note\nf R 1 644 0 0 3 10 0\nf x security.capability=0sAQ==\n',
  );
  t.deepEqual([...entries.keys()], ['/', '/f']);
  t.deepEqual(files, [{ path: '/f', size: 3, offset: 10 }]);
});

test('the report of an ISO is read with quotes and files in sections', (t) => {
  const report = [
    'Report layout: xt , Startlba ,   Blocks , Filesize , ISO image path',
    "File data lba:  0 ,       33 ,        1 ,        1 , '/it'\"'\"'s'",
    "File data lba:  0 ,      100 ,  2097151 , 5000000000 , '/big'",
    "File data lba:  1 ,  2097251 ,   344256 , 5000000000 , '/big'",
    "File data lba:  0 ,       32 ,        0 ,        0 , '/a b/empty'",
  ].join('\n');
  t.deepEqual(parseLbaReport(report), [
    { path: 'a b/empty', offset: 65_536, size: 0 },
    { path: 'big', offset: 204_800, size: 5_000_000_000 },
    { path: "it's", offset: 67_584, size: 1 },
  ]);
});

test('armour is taken off, with and without headers, and several blocks are joined', (t) => {
  const block = (text: string, headers: string): string =>
    `-----BEGIN PGP PUBLIC KEY BLOCK-----\n${headers}\n${Buffer.from(text).toString('base64')}\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n`;
  t.is(dearmour(Buffer.from(block('one', ''))).toString(), 'one');
  t.is(dearmour(Buffer.from(block('one', 'Comment: x\n') + block('two', ''))).toString(), 'onetwo');
  t.deepEqual(dearmour(Buffer.from([0x99, 1, 2])), Buffer.from([0x99, 1, 2]));
});
