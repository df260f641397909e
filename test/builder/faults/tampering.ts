import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdir, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareWithGolden } from '../../golden.ts';
import type { Lock, LockedPackage } from '../../../src/builder/lock/lock.ts';
import { writeLock } from '../../../src/builder/lock/write.ts';
import { BlobStore } from '../../../src/builder/store/blobs.ts';
import type { Reference } from './builds.test.ts';
import { complaint, kronos, Leftovers, succeed } from './kronos.ts';
import { lockOwn, makePackage } from './small.ts';
import { cacheFaults, digestRelease, listSteps, Workshop } from './workshop.ts';

function change(lock: Lock, name: string, changes: Partial<LockedPackage>): Lock {
  return {
    ...lock,
    packages: lock.packages.map((one) => (one.name === name ? { ...one, ...changes } : one)),
  };
}

/** Locks that a person, or somebody else, has changed by hand. */
export async function tamperWithLock(
  t: ExecutionContext,
  shop: Workshop,
  reference: Reference,
): Promise<void> {
  const { lock, debs } = shop.edition;
  const extra = { name: 'test-extra', version: '1' };
  const line = await lockOwn(await makePackage(debs, extra), extra, 'small-machine');
  const packages = [...lock.packages, { ...line, asked: false }];
  const cases: Record<string, Lock> = {
    'one changed hash': change(lock, 'test-machine', { sha256: '0'.repeat(64) }),
    'one changed version, one package more': {
      ...change({ ...lock, packages }, 'test-machine', { version: '2' }),
    },
    'one changed version of a package of the distribution': change(lock, 'dpkg', { version: '9' }),
    'made for other recipes': { ...lock, requests: 'f'.repeat(64) },
    'one package more that is asked for': { ...lock, packages: [...lock.packages, line] },
  };
  const cache = await shop.makeCache('tampered', reference.cache, ['tools']);
  const out = shop.path('out-tampered');
  const file = shop.path('tampered.lock.yaml');
  const leftovers = await Leftovers.watch(shop.directory);
  const told: string[] = [];
  for (const [what, changed] of Object.entries(cases)) {
    await writeLock(file, changed);
    const ended = await kronos(shop.build(cache, out, '--lock', file));
    t.true([2, 6].includes(ended.status ?? 0), `${what}: ${ended.stderr}`);
    const said = complaint(ended, { cache, out, lock: file, debs })
      .replace(/<lock>:\d+:\d+/, '<lock>:<line>')
      .replace(/dpkg_[^_]+_/, 'dpkg_<version>_');
    told.push(`# ${what}\n${said}`);
    t.deepEqual(await cacheFaults(cache), [], what);
    t.deepEqual(await digestRelease(out), {}, what);
  }
  t.deepEqual(await leftovers.list(), []);
  await compareWithGolden(t, import.meta.url, 'tampered-locks.txt', told.join('\n'));
}

/** A disk that lost the end of a file, and one that gives back other bytes. */
export async function damageBlob(
  t: ExecutionContext,
  shop: Workshop,
  reference: Reference,
): Promise<void> {
  const cache = await shop.makeCache('damaged', reference.cache, [
    ...(['tools', 'packages', 'loader', 'programs', 'files'] as const),
    ...(['initrd', 'grub', 'iso', 'pxe', 'release'] as const),
  ]);
  const out = shop.path('out-damaged');
  const machine = shop.edition.lock.packages.find((one) => one.name === 'test-machine');
  const blob = new BlobStore(cache).path(machine?.sha256 ?? '');
  await mkdir(dirname(blob), { recursive: true });
  await writeFile(blob, await readFile(join(shop.edition.debs, machine?.path ?? '')));
  await truncate(blob, 1000);
  await succeed(t, shop.build(cache, out));
  t.is(
    (await readFile(blob)).length,
    machine?.size ?? 0,
    'a file that was cut short is fetched again',
  );
  t.deepEqual(await digestRelease(out), reference.digests);

  // Same length: found when the packages are installed.
  await rm(join(cache, 'steps'), { recursive: true });
  await rm(out, { recursive: true });
  await writeFile(blob, Buffer.alloc(machine?.size ?? 0, 'x'));
  const told: string[] = [];
  const xz = shop.edition.lock.packages.find((one) => one.name === 'xorriso');
  const tool = new BlobStore(cache).path(xz?.sha256 ?? '');
  const good = await readFile(tool);
  await rm(tool);
  await writeFile(tool, Buffer.alloc(good.length, 'x'));
  for (const what of ['a tool', 'a package']) {
    const ended = await kronos(shop.build(cache, out));
    t.is(ended.status, 6, ended.stderr);
    const said = complaint(ended, { cache, out }).replace(/xorriso [^:]+/, 'xorriso <version>');
    told.push(`# ${what}\n${said}`);
    t.deepEqual(await cacheFaults(cache), []);
    await rm(tool);
    await writeFile(tool, good);
  }
  await compareWithGolden(t, import.meta.url, 'damaged-blobs.txt', told.join('\n'));
}

/** A disk that gives back other bytes of a layer whose digest was noted when it was made. */
export async function damageLayer(
  t: ExecutionContext,
  shop: Workshop,
  reference: Reference,
): Promise<void> {
  const cache = await shop.makeCache('damaged-layer', reference.cache, [
    ...(['tools', 'packages', 'loader', 'programs', 'files'] as const),
  ]);
  const out = shop.path('out-damaged-layer');
  const packages = (await listSteps(cache)).find(({ name }) => name === 'packages');
  const layer = join(cache, packages?.path ?? '', 'layers/packages.squashfs');
  const { size } = await stat(layer);
  // utimes knows milliseconds only.
  const dates = shop.path('dates');
  execFileSync('cp', ['--preserve=timestamps', layer, dates]);
  const file = await open(layer, 'r+');
  await file.write(Buffer.from('other'), 0, 5, Math.floor(size / 2));
  await file.close();
  execFileSync('touch', ['--reference', dates, layer]);
  const ended = await kronos(shop.build(cache, out));
  t.is(ended.status, 6, ended.stderr);
  const said = complaint(ended, { cache, out }).replace(
    /steps\/\S+?\/layers/,
    'steps/<key>/layers',
  );
  t.deepEqual(await digestRelease(out), {});
  await compareWithGolden(t, import.meta.url, 'damaged-layer.txt', said);
}

/** A package whose maintainer script writes where no recipe says that it may. */
export async function strayFile(t: ExecutionContext, reference: Reference): Promise<void> {
  const stray = { name: 'test-stray', version: '1', postinst: 'echo x > /opt/stray' };
  const shop = await Workshop.open([stray]);
  try {
    const leftovers = await Leftovers.watch(shop.directory);
    const cache = await shop.makeCache('stray', reference.cache, ['tools']);
    const ended = await kronos(shop.build(cache, shop.path('out')));
    t.is(ended.status, 6, ended.stderr);
    await compareWithGolden(t, import.meta.url, 'stray-file.txt', complaint(ended));
    t.deepEqual(await cacheFaults(cache), []);
    t.deepEqual(await digestRelease(shop.path('out')), {});
    t.deepEqual(await leftovers.list(), []);
  } finally {
    await shop.close();
  }
}
