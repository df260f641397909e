import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareWithGolden } from '../../golden.ts';
import type { Reference } from './builds.test.ts';
import { Enclosure } from './enclosure.ts';
import { complaint, kronos, Leftovers, succeed } from './kronos.ts';
import { cacheFaults, copySteps, digestRelease, type Workshop } from './workshop.ts';

/** Packages lie elsewhere; cache and result are on file systems of their own. */
const MOUNT = `
mount -t tmpfs -o size=40M tmpfs "$1"
ln -s "$2" "$1/blobs"
mount -t tmpfs -o size=4M tmpfs "$3"`;

/** Leaves a number of bytes free. */
async function fill(file: string, free: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(file));
  execFileSync('fallocate', ['--length', String(bavail * bsize - free), file]);
}

export async function fillDisk(
  t: ExecutionContext,
  shop: Workshop,
  reference: Reference,
): Promise<void> {
  const [cache, out] = [shop.path('small-disk'), shop.path('out-small-disk')];
  await mkdir(cache);
  await mkdir(out);
  const leftovers = await Leftovers.watch(shop.directory);
  const enclosure = await Enclosure.open(MOUNT, [cache, join(reference.cache, 'blobs'), out]);
  const told: string[] = [];
  const inside = { cache: enclosure.path(cache), out: enclosure.path(out) };
  const ballast = join(inside.cache, 'ballast');
  const build = shop.build(cache, out);
  const refuse = async (what: string): Promise<void> => {
    const ended = await kronos(build, { before: enclosure.before });
    t.is(ended.status, 4, ended.stderr);
    // Which file was the one too many differs from run to run.
    const said = complaint(ended, { cache, out }).replace(/ {2}because: .*?(?=\n {2}hint)/s, '');
    told.push(`# ${what}\n${said.replace(/\n+/g, '\n')}`);
    t.deepEqual(await cacheFaults(inside.cache), [], what);
    t.deepEqual(Object.keys(await digestRelease(inside.out)), [], what);
  };
  const resize = (place: string, size: string): void => {
    const [program = '', ...rest] = [
      ...enclosure.before,
      ...['mount', '-o', `remount,size=${size}`, place],
    ];
    execFileSync(program, rest);
  };
  try {
    await refuse('while unpacking the tools');
    resize(cache, '1G');
    await copySteps(reference.cache, inside.cache, ['tools']);
    await fill(ballast, 6e6);
    await refuse('while compressing the packages');
    await rm(ballast);
    await copySteps(reference.cache, inside.cache, ['packages']);
    await fill(ballast, 20e6);
    await refuse('while writing the ISO');
    await rm(ballast);
    await refuse('while copying the release');
    resize(out, '1G');
    await succeed(t, build, { before: enclosure.before });
    t.deepEqual(await digestRelease(inside.out), reference.digests);
    t.deepEqual(
      (await readdir(join(inside.out, 'small-amd64'))).filter((name) => /incoming|tmp/.test(name)),
      [],
    );
    // Everything is in the cache: a disk without any room keeps nobody from it.
    await fill(ballast, 0);
    await succeed(t, build, { before: enclosure.before });
  } finally {
    enclosure.close();
  }
  t.deepEqual(await leftovers.list(), []);
  await compareWithGolden(t, import.meta.url, 'full-disk.txt', told.join('\n'));
}
