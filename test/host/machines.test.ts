// The machines that other tests plan with are what a probe could have recorded.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { inventorySchema } from '../../src/host/inventory.ts';
import { sourceDirectory } from '../golden.ts';

const directory = join(sourceDirectory(import.meta.url), 'machines');

test('every recorded machine is a valid inventory', async (t) => {
  const names = await readdir(directory);
  t.true(names.length >= 12);
  for (const name of names) {
    const result = inventorySchema.safeParse(
      JSON.parse(await readFile(join(directory, name), 'utf8')),
    );
    t.true(result.success, `${name}: ${String(result.error)}`);
    if (!result.success) continue;
    const { disks, interfaces } = result.data;
    t.is(new Set(disks.map((disk) => disk.name)).size, disks.length, name);
    t.is(new Set(interfaces.map((one) => one.mac)).size, interfaces.length, name);
  }
});
