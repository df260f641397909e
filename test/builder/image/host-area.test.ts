import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { findHostArea } from '../../../src/builder/image/host-area.ts';

test('an image that is no ISO is refused', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kronos-area-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const image = join(directory, 'x.iso');
  await writeFile(image, Buffer.alloc(100_000));
  await t.throwsAsync(findHostArea(image), { code: 'input/not-an-iso' });
});
