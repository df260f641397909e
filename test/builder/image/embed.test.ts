import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { locateHostArea, readHostArea, writeHostArea } from '../../../src/builder/image/embed.ts';
import { digestOf } from '../../../src/common/digest.ts';
import { formatHostArea, HOST_AREA_SIZE } from '../../../src/host/area.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { tinyDisk, tinyIso } from './tiny-media.ts';

/** Digest of everything outside of the area. */
function digestRest(image: Buffer, offset: number): string {
  const rest = [image.subarray(0, offset), image.subarray(offset + HOST_AREA_SIZE)];
  return digestOf(Buffer.concat(rest));
}

for (const [name, make, offset] of [
  ['an ISO', tinyIso, 20 * 2048],
  ['a disk image', tinyDisk, 2 * 1_048_576 + 20 * 2048],
] as const) {
  test.serial(
    `${name} takes a host file, gives it back, and is the same everywhere else`,
    async (t) => {
      const image = join(await temporaryDirectory(t), 'image');
      const original = make();
      await writeFile(image, original);
      t.is(await readHostArea(image), undefined);
      t.deepEqual(await locateHostArea(image), { offset, size: HOST_AREA_SIZE });

      // The clock would count what else the disk has to do.
      const started = process.cpuUsage();
      t.deepEqual(await writeHostArea(image, 'hostname: a\n'), {
        area: { offset, size: HOST_AREA_SIZE },
        before: undefined,
      });
      t.true(process.cpuUsage(started).user < 1_000_000);
      t.is(await readHostArea(image), 'hostname: a\n');
      const filled = await readFile(image);
      t.is(digestRest(filled, offset), digestRest(original, offset));
      const area = filled.subarray(offset, offset + HOST_AREA_SIZE);
      t.true(area.equals(formatHostArea('hostname: a\n')));

      t.is((await writeHostArea(image, 'b: 1\n')).before, 'hostname: a\n');
      t.is((await writeHostArea(image, undefined)).before, 'b: 1\n');
      t.true((await readFile(image)).equals(original), 'emptied, it is what it was');
    },
  );
}

test('an image without an area is refused and left alone', async (t) => {
  const directory = await temporaryDirectory(t);
  const strange = tinyIso();
  strange.fill(0, 20 * 2048, 20 * 2048 + 8);
  const gpt = tinyDisk();
  gpt.fill(0, 2 * 1_048_576);
  const wild = tinyDisk();
  wild.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 512 + 72);
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(100_000), strange, gpt, wild]) {
    const image = join(directory, 'image');
    await writeFile(image, bytes);
    await t.throwsAsync(writeHostArea(image, 'a\n'), { code: 'verification/no-host-area' });
    t.true((await readFile(image)).equals(bytes));
  }
  await t.throwsAsync(locateHostArea(join(directory, 'nothing')), { code: 'input/no-such-file' });
});

test('a text that does not fit is refused before anything is opened', async (t) => {
  const image = join(await temporaryDirectory(t), 'image');
  await writeFile(image, tinyIso());
  await t.throwsAsync(writeHostArea(image, 'x'.repeat(HOST_AREA_SIZE)), {
    code: 'input/host-file-too-large',
  });
  await chmod(image, 0o400);
  if (process.getuid?.() !== 0)
    await t.throwsAsync(writeHostArea(image, 'a\n'), { code: 'io/unusable-path' });
});
