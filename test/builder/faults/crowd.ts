import type { ExecutionContext } from 'ava';
import type { Reference } from './builds.test.ts';
import { succeed } from './kronos.ts';
import { cacheFaults, digestRelease, type Workshop } from './workshop.ts';

/** Both find the large steps done and race for the others. */
export async function buildTwiceAtOnce(
  t: ExecutionContext,
  shop: Workshop,
  reference: Reference,
): Promise<void> {
  const cache = await shop.makeCache('shared', reference.cache, ['tools', 'packages']);
  const out = shop.path('out-shared');
  await Promise.all([succeed(t, shop.build(cache, out)), succeed(t, shop.build(cache, out))]);
  t.deepEqual(await cacheFaults(cache), []);
  t.deepEqual(await digestRelease(out), reference.digests);
}
