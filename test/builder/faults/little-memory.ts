import type { ExecutionContext } from 'ava';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exists } from '../../../src/common/files.ts';
import type { Reference } from './builds.test.ts';
import { enclosed } from './enclosure.ts';
import { Leftovers, PROGRAM, startKronos, succeed } from './kronos.ts';
import { AS_USER, USER, writeAccounts } from './namespaces.ts';
import { cacheFaults, digestRelease, type Workshop } from './workshop.ts';

/**
 * Without memory for it the tree is on the disk, owned by ids that only a user namespace reaches: a build that is
 * killed leaves it behind, and the next one clears it away.
 */
export async function buildOnDisk(
  t: ExecutionContext,
  shop: Workshop,
  reference: Reference,
): Promise<void> {
  const { script, files } = await writeAccounts(shop, `throw-away:700000:65536\n`);
  const inside = enclosed(script, files);
  const cache = await shop.makeCache('on-disk', reference.cache, ['tools']);
  const home = shop.path('home');
  await mkdir(home);
  const user = canSwitchUser(t);
  if (user) {
    execFileSync('find', [cache, home, '-type', 'd', '-exec', 'chown', String(USER), '{}', '+']);
    await chmod(shop.directory, 0o755);
  }
  const options = {
    before: user ? [...inside, ...AS_USER] : inside,
    cwd: home,
    environment: { HOME: home, KRONOS_TREE: 'disk' },
  };
  const leftovers = await Leftovers.watch(shop.directory);
  const build = shop.build(cache, 'out');
  const running = startKronos(build, options);
  await running.saw('start Install the packages');
  t.true(await sawTree(cache), 'the tree was on the disk');
  leftovers.note(running);
  running.process.kill('SIGKILL');
  await running.ended;
  t.deepEqual(await leftovers.list(), []);
  await succeed(t, build, options);
  t.deepEqual(await cacheFaults(cache), []);
  t.deepEqual(await digestRelease(`${home}/out`), reference.digests);
}

/** Waits for the tree in the cache to have packages in it. */
async function sawTree(cache: string): Promise<boolean> {
  const work = join(cache, 'work');
  for (let round = 0; round < 1200; round += 1) {
    for (const name of await readdir(work).catch(() => [])) {
      if (await exists(join(work, name, 'scratch/tree/var/lib/dpkg/info/dpkg.list'))) return true;
    }
    await sleep(50);
  }
  return false;
}

/** Whether root can become an ordinary user who has newuidmap and can read this checkout. */
function canSwitchUser(t: ExecutionContext): boolean {
  if (process.getuid?.() !== 0) return false;
  const script = 'command -v newuidmap && test -r "$1" && test -x "$2"';
  const argv = [...AS_USER, 'sh', '-c', script, 'sh', PROGRAM, process.execPath];
  const possible = spawnSync(argv[0] ?? '', argv.slice(1)).status === 0;
  if (!possible) t.log('as root only: no ordinary user can build here');
  return possible;
}
