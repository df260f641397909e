// The stick: found by its label, written to only where it can be pulled out, and only for a moment.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findLabelled, saveOnStick } from '../../src/installer/stick.ts';
import { temporaryDirectory } from '../temporary.ts';

const BUILT_IN = {
  ...{ path: '/dev/sda', label: null, hotplug: false, rm: false, tran: 'sata' },
  children: [{ path: '/dev/sda1', label: 'KRONOS', mountpoints: [null] }],
};

function stick(mounted: string | null, flags: object = { hotplug: '1' }) {
  return {
    ...{ path: '/dev/sdb', label: null, rm: '0', tran: null, ...flags },
    children: [{ path: '/dev/sdb1', label: 'Kronos', mountpoints: [mounted] }],
  };
}

/** Programs that are only written down; lsblk tells of the given devices. */
function fakeRun(blockdevices: readonly object[], failing?: string) {
  const calls: string[] = [];
  const run = (argv: readonly string[]): Promise<{ stdout: string }> => {
    if (argv[0] === 'lsblk') return Promise.resolve({ stdout: JSON.stringify({ blockdevices }) });
    calls.push(argv.join(' '));
    return argv[0] === failing
      ? Promise.reject(new Error('it failed'))
      : Promise.resolve({ stdout: '' });
  };
  return { calls, run };
}

async function makeFile(t: ExecutionContext): Promise<{ directory: string; file: string }> {
  const directory = await temporaryDirectory(t);
  const file = join(directory, 'install.jsonl');
  await writeFile(file, '{}\n');
  return { directory, file };
}

test('the label is enough to read', async (t) => {
  t.is((await findLabelled(undefined, fakeRun([BUILT_IN]).run))?.path, '/dev/sda1');
  t.is(await findLabelled(undefined, fakeRun([]).run), undefined);
  const other = { path: '/dev/sr0', label: 'KRONOS_ab12cd34', mountpoints: [null] };
  t.is(await findLabelled(undefined, fakeRun([other]).run), undefined);
});

test('what cannot be pulled out is not written to', async (t) => {
  const { file } = await makeFile(t);
  const { run, calls } = fakeRun([BUILT_IN, stick(null, { hotplug: false, tran: 'nvme' })]);
  t.is(await saveOnStick('x', [file], { run }), undefined);
  t.deepEqual(calls, []);
});

test('a stick is writable while files are copied', async (t) => {
  const { directory, file } = await makeFile(t);
  for (const flags of [{ hotplug: true }, { rm: true }, { tran: 'usb' }, { hotplug: '1' }]) {
    const { run, calls } = fakeRun([BUILT_IN, stick(null, flags)]);
    const place = join(directory, 'stick');
    t.is(await saveOnStick('x', [file], { run, stick: place }), 'kronos-logs/x on /dev/sdb1');
    t.deepEqual(calls, [
      `mount -o rw,nosuid,nodev,noexec /dev/sdb1 ${place}-logs`,
      `sync --file-system ${place}-logs/kronos-logs/x`,
      `umount ${place}-logs`,
    ]);
    t.is(await readFile(`${place}-logs/kronos-logs/x/install.jsonl`, 'utf8'), '{}\n');
  }
});

test('what brought the host file takes the logs too, and is read-only again', async (t) => {
  const { directory, file } = await makeFile(t);
  const place = join(directory, 'stick');
  const { run, calls } = fakeRun([stick(place, { hotplug: false })]);
  t.is(await saveOnStick('x', [file], { run, stick: place }), 'kronos-logs/x on /dev/sdb1');
  t.is(calls[0], `mount -o remount,rw ${place}`);
  t.is(calls.at(-1), `mount -o remount,ro ${place}`);
});

test('a stick that is full or protected is told, and not left writable', async (t) => {
  const { directory } = await makeFile(t);
  const place = join(directory, 'stick');
  const copying = fakeRun([stick(null)]);
  await t.throwsAsync(
    saveOnStick('x', [join(directory, 'missing')], { run: copying.run, stick: place }),
    { code: 'ENOENT' },
  );
  t.is(copying.calls.at(-1), `umount ${place}-logs`);
  const mounting = fakeRun([stick(null)], 'mount');
  await t.throwsAsync(saveOnStick('x', [], { run: mounting.run, stick: place }), {
    message: 'it failed',
  });
  t.is(mounting.calls.length, 1);
});
