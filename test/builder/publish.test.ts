import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { copyAhead, publishRelease, releaseNames } from '../../src/builder/publish.ts';
import { exists, LARGE_FILE, linkFile, listFiles } from '../../src/common/files.ts';
import { temporaryDirectory, writeFiles } from '../temporary.ts';

async function scene(t: ExecutionContext) {
  const directory = await temporaryDirectory(t);
  const release = join(directory, 'cache');
  const out = join(directory, 'out');
  await writeFiles(release, {
    'k.iso': 'the medium',
    SHA256SUMS: 'sums',
    'pxe/layers/host.squashfs': 'host',
    '.step.json': '{}',
  });
  return { directory, release, out };
}

test('what is published is the release without records, and again costs nothing', async (t) => {
  const { release, out } = await scene(t);
  t.is(await publishRelease(release, out), 3);
  t.deepEqual(await releaseNames(out), ['SHA256SUMS', 'k.iso', 'pxe/layers/host.squashfs']);
  t.deepEqual(await releaseNames(release), await releaseNames(out));
  const before = await stat(join(out, 'k.iso'));
  t.is(await publishRelease(release, out), 0);
  t.is((await stat(join(out, 'k.iso'))).ino, before.ino);
  t.deepEqual((await readdir(out)).sort(), ['.kronos-release.json', 'SHA256SUMS', 'k.iso', 'pxe']);
});

test('the copies are files of their own: writing to one leaves the cache alone', async (t) => {
  const { release, out } = await scene(t);
  await publishRelease(release, out);
  await appendFile(join(out, 'k.iso'), ' with a host file');
  t.is(await readFile(join(release, 'k.iso'), 'utf8'), 'the medium');
});

test('a file that somebody changed or removed is written again, and only that', async (t) => {
  const { release, out } = await scene(t);
  await publishRelease(release, out);
  // A host file is embedded without changing the size.
  await writeFile(join(out, 'k.iso'), 'THE MEDIUM');
  await rm(join(out, 'SHA256SUMS'));
  t.is(await publishRelease(release, out), 2);
  t.is(await readFile(join(out, 'k.iso'), 'utf8'), 'the medium');
  t.is(await readFile(join(out, 'SHA256SUMS'), 'utf8'), 'sums');
});

test('what an earlier build put there goes, foreign files stay', async (t) => {
  const { directory, release, out } = await scene(t);
  await writeFiles(out, { 'notes.txt': 'mine', 'pxe/grub/mine.cfg': 'mine' });
  await publishRelease(release, out);
  const next = join(directory, 'next');
  await writeFiles(next, { 'k2.iso': 'newer', SHA256SUMS: 'sums' });
  t.is(await publishRelease(next, out), 2);
  t.deepEqual(
    (await listFiles(out)).filter((path) => !path.startsWith('.')),
    ['SHA256SUMS', 'k2.iso', 'notes.txt', 'pxe/grub/mine.cfg'],
  );
});

test('a release that only loses files is published too', async (t) => {
  const { release, out } = await scene(t);
  await publishRelease(release, out);
  await rm(join(release, 'pxe'), { recursive: true });
  t.is(await publishRelease(release, out), 0);
  t.deepEqual(await releaseNames(out), ['SHA256SUMS', 'k.iso']);
});

test('a damaged record only means that all is copied again', async (t) => {
  const { release, out } = await scene(t);
  await publishRelease(release, out);
  await writeFile(join(out, '.kronos-release.json'), '{"k.iso":');
  t.is(await publishRelease(release, out), 3);
});

test('what a killed build left in between is cleared away', async (t) => {
  const { release, out } = await scene(t);
  await writeFiles(out, { '.kronos-incoming/0.1.1/k.iso': 'half' });
  await publishRelease(release, out);
  t.false(await exists(join(out, '.kronos-incoming')));
});

test('an out directory that cannot be one is told by its name', async (t) => {
  const { directory, release } = await scene(t);
  const out = join(directory, 'a-file');
  await writeFile(out, '');
  await chmod(out, 0o600);
  const error = await t.throwsAsync(publishRelease(release, out));
  t.is((error as { code?: string }).code, 'io/unusable-path');
  t.true(error.message.includes(out));
  await rm(out);
  await mkdir(out);
  t.is(await publishRelease(release, out), 3);
});

test('large files are copied while the release is being finished, and nothing of them stays where it is not', async (t) => {
  const { directory, release, out } = await scene(t);
  const medium = join(directory, 'medium');
  await writeFiles(medium, { 'big.iso': 'large', 'small.txt': 'small' });
  await truncate(join(medium, 'big.iso'), LARGE_FILE);
  const given = copyAhead([medium], out);
  t.deepEqual([...((await given.copies)?.made.keys() ?? [])], ['big.iso']);
  await given.discard();
  t.false(await exists(out), 'a release that came to nothing leaves nothing');

  const taken = copyAhead([medium], out);
  for (const name of ['big.iso', 'small.txt'])
    await linkFile(join(medium, name), join(release, name));
  const { ino } = await stat(join((await taken.copies)?.directory ?? '', 'big.iso'));
  t.is(await publishRelease(release, out, taken), 5);
  t.is((await stat(join(out, 'big.iso'))).ino, ino, 'the copy that was there was taken');
  await taken.discard();
  t.is(await copyAhead([medium], out).copies, undefined, 'what is there is not copied again');
  t.is(await publishRelease(release, out), 0);
  t.false(await exists(join(out, '.kronos-incoming')));
});
