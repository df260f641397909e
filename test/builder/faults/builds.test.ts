// Builds that are cut off, crowded or short of something: each ends in a clean refusal or in the same bits.
import test from 'ava';
import { interruptBuild, killEveryStep } from './interruption.ts';
import { buildFromBundle } from './bundle.ts';
import { buildTwiceAtOnce } from './crowd.ts';
import { fillDisk } from './full-disk.ts';
import { buildOnDisk } from './little-memory.ts';
import { refuseNamespaces } from './namespaces.ts';
import { tamperWithLock, damageBlob, damageLayer, strayFile } from './tampering.ts';
import { Workshop } from './workshop.ts';

let shop: Workshop;

test.before(async (t) => {
  t.timeout(600_000);
  shop = await Workshop.open();
});

test.after.always(async () => {
  await shop.close();
});

/** Filled by the first test: the cache and the digests that the others compare with. */
const reference = { cache: '', digests: {} as Record<string, string>, packagesSeconds: 5 };

export type Reference = typeof reference;

test.serial('an old lock builds from its bundle, without network and loop devices', async (t) => {
  t.timeout(600_000);
  Object.assign(reference, await buildFromBundle(t, shop));
});

test.serial(
  'killed at any moment of any step, a build goes on and makes the same bits',
  async (t) => {
    t.timeout(900_000);
    await killEveryStep(t, shop, reference);
  },
);

test.serial('Ctrl-C and SIGTERM end a build in good order', async (t) => {
  t.timeout(600_000);
  await interruptBuild(t, shop, reference);
});

test.serial('two builds at once with one cache and one place to go', async (t) => {
  t.timeout(600_000);
  await buildTwiceAtOnce(t, shop, reference);
});

test.serial('a full disk is told at any step, and with room the build goes on', async (t) => {
  t.timeout(900_000);
  await fillDisk(t, shop, reference);
});

test.serial(
  'with little memory, as an ordinary user and after a kill: the same bits',
  async (t) => {
    t.timeout(600_000);
    await buildOnDisk(t, shop, reference);
  },
);

test.serial('a machine without namespaces is told what to do', async (t) => {
  t.timeout(600_000);
  await refuseNamespaces(t, shop, reference);
});

test.serial('another version and one package more stop the build by name', async (t) => {
  t.timeout(600_000);
  await tamperWithLock(t, shop, reference);
});

test.serial('a damaged package in the cache is found, named or replaced', async (t) => {
  t.timeout(600_000);
  await damageBlob(t, shop, reference);
});

test.serial('a damaged layer in the cache is found before it is published', async (t) => {
  t.timeout(600_000);
  await damageLayer(t, shop, reference);
});

test.serial('a file that belongs to nobody stops the build', async (t) => {
  t.timeout(600_000);
  await strayFile(t, reference);
});
