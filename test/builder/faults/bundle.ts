import type { ExecutionContext } from 'ava';
import { rename } from 'node:fs/promises';
import { enclosed, HIDE_DEVICES } from './enclosure.ts';
import { Leftovers, succeed } from './kronos.ts';
import { cacheFaults, digestRelease, type Workshop } from './workshop.ts';

/** Where every package is in the bundle only, and neither a route nor a loop device is there. */
export async function buildFromBundle(t: ExecutionContext, shop: Workshop) {
  const leftovers = await Leftovers.watch(shop.directory);
  const { recipes, debs } = shop.edition;
  const bundle = shop.path('small.bundle.tar');
  const first = await shop.makeCache('first');
  await succeed(t, [
    ...['bundle', 'export', 'small', '--recipes', recipes],
    ...['--cache', first, '--out', bundle],
  ]);
  const cache = shop.path('reference');
  await succeed(t, ['bundle', 'import', bundle, '--cache', cache]);
  await rename(debs, `${debs}.gone`);
  const out = shop.path('out-reference');
  const script = `${HIDE_DEVICES}
test ! -e /dev/loop-control
test -z "$(tail -n +2 /proc/net/route)"`;
  const built = await succeed(t, shop.build(cache, out, '--offline'), {
    before: enclosed(script, [shop.path('devices')], ['--net']),
  });
  await rename(`${debs}.gone`, debs);
  const digests = await digestRelease(out);
  t.true('SHA256SUMS' in digests);
  t.deepEqual(await cacheFaults(cache), []);
  t.deepEqual(await leftovers.list(), []);
  const seconds = /Install the packages: ([\d.]+) s/.exec(built.stderr)?.[1];
  return { cache, digests, packagesSeconds: Number(seconds ?? 60) };
}
