import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readEarlyDigests } from '../../src/installer/early-digests.ts';
import { verifyLayers, type InstallImage } from '../../src/installer/image.ts';
import { digestOf } from '../../src/common/digest.ts';
import { temporaryDirectory } from '../temporary.ts';

test('digests come from the descriptor, and the variable goes', async (t) => {
  const file = join(await temporaryDirectory(t), 'pipe');
  await writeFile(file, `${'a'.repeat(64)}  /run/one\0${'b'.repeat(64)}  /run/two\0`);
  // Not a FileHandle: nobody holds it, and the garbage collector would close the file.
  const environment = { KRONOS_DIGESTS: String(openSync(file, 'r')), PATH: '/bin' };
  t.deepEqual(
    [...(await readEarlyDigests(environment))],
    [
      ['/run/one', 'a'.repeat(64)],
      ['/run/two', 'b'.repeat(64)],
    ],
  );
  t.deepEqual(environment, { PATH: '/bin' } as unknown as typeof environment);
});

test('without the variable, or with a descriptor that is none, there are none', async (t) => {
  t.is((await readEarlyDigests({})).size, 0);
  t.is((await readEarlyDigests({ KRONOS_DIGESTS: '987' })).size, 0);
});

test('a layer whose digest is not known is read, and a wrong one is told either way', async (t) => {
  const path = join(await temporaryDirectory(t), 'packages.squashfs');
  await writeFile(path, 'layer');
  const image = (sha256: string) =>
    ({ layers: [{ name: 'packages', path, size: 5, sha256 }] }) as unknown as InstallImage;
  const right = digestOf('layer');
  await t.notThrowsAsync(verifyLayers(image(right)));
  await t.notThrowsAsync(verifyLayers(image(right), new Map([[path, right]])));
  for (const known of [new Map<string, string>(), new Map([[path, right]])])
    await t.throwsAsync(verifyLayers(image('0'.repeat(64)), known), {
      message: /not what was built/,
    });
  await t.throwsAsync(verifyLayers(image(right), new Map([[path, '0'.repeat(64)]])));
});
