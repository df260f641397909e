// The machines that other tests plan with are what a probe could have recorded.
import { readdir } from 'node:fs/promises';
import test from 'ava';
import { MACHINES, readMachine } from './machines.ts';

test('every recorded machine is a valid inventory', async (t) => {
  const names = await readdir(MACHINES);
  t.true(names.length >= 12);
  for (const name of names) {
    const { disks, interfaces } = await readMachine(name.replace(/\.json$/, ''));
    t.is(new Set(disks.map((disk) => disk.name)).size, disks.length, name);
    t.is(new Set(interfaces.map((one) => one.mac)).size, interfaces.length, name);
  }
});
