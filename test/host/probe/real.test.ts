// The machine that the tests run on, and real signatures on loop devices where they may be made.
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { exists } from '../../../src/common/files.ts';
import { run } from '../../../src/common/process.ts';
import { inventorySchema, type Disk } from '../../../src/host/inventory.ts';
import { probeMachine } from '../../../src/host/probe/probe.ts';
import { temporaryDirectory } from '../../temporary.ts';

async function works(...argv: string[]): Promise<boolean> {
  return run(argv).then(
    () => true,
    () => false,
  );
}

test('this machine', async (t) => {
  if (!(await works('lsblk', '--version')) || !(await works('wipefs', '--version'))) {
    t.pass('util-linux is not here');
    return;
  }
  const inventory = await probeMachine();
  t.deepEqual(inventorySchema.parse(inventory), inventory);
  t.true(inventory.machine.memory > 0);
  t.true(inventory.disks.every(({ name }) => !/^(?:loop|ram|zram|sr|dm-|md)/.test(name)));
  if (await exists('/sys/block/vda')) t.true(inventory.disks.some(({ name }) => name === 'vda'));
});

test('real signatures on loop devices', async (t) => {
  const directory = await temporaryDirectory(t);
  const devices: string[] = [];
  const attach = async (name: string): Promise<string> => {
    const file = join(directory, name);
    await writeFile(file, '');
    await truncate(file, 64 * 2 ** 20);
    const { stdout } = await run(['losetup', '--find', '--show', file]);
    devices.push(stdout.trim());
    t.teardown(() => run(['losetup', '--detach', stdout.trim()], { accept: [0, 1] }));
    return stdout.trim();
  };
  const ext4 = await attach('ext4').catch(() => undefined);
  if (ext4 === undefined) {
    t.pass('no loop devices may be made here');
    return;
  }
  const swap = await attach('swap');
  await attach('empty');
  const stale = await attach('stale');
  await run(['mkfs.ext4', '-q', '-L', 'hello', ext4]);
  await run(['mkswap', '-L', 'pages', swap]);
  // A GPT does not hide the swap space that was there before.
  await run(['mkswap', stale]);
  await run(['dd', `of=${stale}`, 'bs=1', 'seek=512', 'conv=notrunc', 'status=none'], {
    input: 'EFI PART',
  });
  const probe = async (): Promise<Disk[]> =>
    (
      await probeMachine({
        isDisk: ({ type, path }) => type === 'loop' && devices.includes(path ?? ''),
      })
    ).disks;
  const contents = (disks: readonly Disk[]): Map<string, string[]> =>
    new Map(
      disks.map((disk) => [
        `/dev/${disk.name}`,
        disk.contents.map(({ kind, type, label }) => `${kind} ${type} ${label ?? ''}`.trim()),
      ]),
    );
  const found = contents(await probe());
  t.is(found.size, 4);
  t.deepEqual(found.get(ext4), ['filesystem ext4 hello']);
  t.deepEqual(found.get(swap), ['swap swap pages']);
  t.deepEqual(found.get(devices[2] ?? ''), []);
  t.true(found.get(stale)?.includes('swap swap'));

  const mountPoint = join(directory, 'mounted');
  await mkdir(mountPoint);
  if (!(await works('mount', '-o', 'ro', ext4, mountPoint))) return;
  t.teardown(() => run(['umount', mountPoint], { accept: [0, 32] }));
  const mounted = (await probe()).find(({ name }) => `/dev/${name}` === ext4);
  await run(['umount', mountPoint]);
  t.deepEqual(mounted?.mounts, [mountPoint]);
});
