// The lab itself, without any image: firmware, network ROM and the ways a machine is watched and ended.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { SILENT } from '../../src/common/progress.ts';
import { KronosError } from '../../src/common/error.ts';
import { KEYS } from '../../src/lab/console.ts';
import { tryMedium, type TryOptions } from '../../src/lab/try.ts';
import { temporaryDirectory } from '../temporary.ts';
import { bootMedium, findPrograms } from './machine.ts';

const SMALL = { memory: 256, cpus: 1 };

test('a BIOS machine says on the redirected serial line that there is nothing to boot', async (t) => {
  const machine = await bootMedium({ ...SMALL, name: t.title, firmware: 'bios', redirect: true });
  t.teardown(machine.stop);
  const found = await machine.expect(/SeaBIOS \(version ([^)]+)\)/, 120);
  t.regex(found.groups[0] ?? '', /^\d/);
  const error = await t.throwsAsync(machine.expect('a text that never comes', 120), {
    instanceOf: KronosError,
  });
  t.is(error.code, 'verification/not-reached');
  t.regex(error.message, /No bootable device/);
});

test('a UEFI machine reaches its shell, which answers on the serial line', async (t) => {
  const machine = await bootMedium({ ...SMALL, name: t.title, firmware: 'uefi' });
  t.teardown(machine.stop);
  await machine.expect(/UEFI Interactive Shell v[\d.]+/, 120);
  await machine.expect(/Shell> ?/, 120);
  machine.send(`ver -s${KEYS.enter}`);
  await machine.expect(/^2\.\d+/m, 60);
  t.true((await machine.screen()).some((line) => line.includes('Shell> ver -s')));
  machine.send(`reset -s${KEYS.enter}`);
  await machine.off(60);
  t.pass();
});

test('a machine without disk boots from the network: TFTP, then HTTP from the loopback server', async (t) => {
  const tree = await temporaryDirectory(t);
  await writeFile(
    join(tree, 'boot.ipxe'),
    '#!ipxe\necho TFTP-WORKS\nimgfetch http://${next-server}:18923/some/file && echo HTTP-WORKS || shell\n',
  );
  const machine = await bootMedium({
    ...SMALL,
    name: t.title,
    firmware: 'bios',
    redirect: true,
    bootFrom: 'network',
    nics: [{ model: 'virtio', link: { type: 'user', tftp: tree, bootfile: 'boot.ipxe' } }],
    http: { directory: tree, port: 18923 },
  });
  t.teardown(machine.stop);
  await machine.expect('TFTP-WORKS', 120);
  await machine.expect('iPXE>', 120);
  t.false(machine.console.transcript().includes('HTTP-WORKS'));
  await writeFile(join(tree, 'file'), 'x'.repeat(100_000));
  await machine.type('imgfetch http://${next-server}:18923/file && echo FOUND-${next-server}\r');
  await machine.expect('FOUND-10.0.2.2', 120);
  t.deepEqual(
    machine.requests.map(({ path, status }) => `${status} ${path}`),
    ['404 /some/file', '200 /file'],
  );
});

test('the control socket switches a machine off', async (t) => {
  const machine = await bootMedium({ ...SMALL, name: t.title, firmware: 'bios' });
  t.teardown(machine.stop);
  t.like(await machine.ask('query-status'), { running: true });
  await t.throwsAsync(machine.ask('make_coffee'), { message: /make_coffee/ });
  await machine.ask('quit');
  await machine.off(30);
});

const TRY: Omit<TryOptions, 'programs'> = {
  ...SMALL,
  firmware: 'uefi',
  attach: 'cdrom',
  disks: [],
  timeoutSeconds: 120,
  display: 'none',
};

test('kronos try reaches a text, and keeps the log', async (t) => {
  const directory = await temporaryDirectory(t);
  const medium = join(directory, 'medium.img');
  await writeFile(medium, Buffer.alloc(1024 * 1024));
  const serialLog = join(directory, 'serial.log');
  const result = await tryMedium(
    {
      ...TRY,
      programs: findPrograms(),
      medium,
      attach: 'usb',
      until: 'failed to load Boot0001',
      serialLog,
    },
    SILENT,
    new AbortController().signal,
  );
  t.true(result.reached);
  // The rest of the line may still be on its way.
  t.regex(result.line ?? '', /failed to load Boot0001/);
  t.regex(await readFile(serialLog, 'utf8'), /failed to load Boot0001/);
});

test('kronos try ends with an error when the text does not come, and with Ctrl-C', async (t) => {
  const directory = await temporaryDirectory(t);
  const medium = join(directory, 'medium.iso');
  await writeFile(medium, Buffer.alloc(1024 * 1024));
  const options = { ...TRY, programs: findPrograms(), medium, until: 'never' };
  const late = tryMedium({ ...options, timeoutSeconds: 2 }, SILENT, new AbortController().signal);
  t.is((await t.throwsAsync(late, { instanceOf: KronosError })).code, 'verification/not-reached');
  const interrupt = new AbortController();
  setTimeout(() => {
    interrupt.abort();
  }, 1500);
  const stopped = tryMedium(options, SILENT, interrupt.signal);
  t.is((await t.throwsAsync(stopped, { instanceOf: KronosError })).code, 'interrupted/cancelled');
});
