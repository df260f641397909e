import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { KronosError } from '../../src/common/error.ts';
import { openConsole } from '../../src/lab/console.ts';
import { attachTerminal } from '../../src/lab/terminal.ts';

const SOON = { timeoutSeconds: 5 };

test('texts are found wherever the stream is cut, each after the last', async (t) => {
  const line = new PassThrough();
  const console = openConsole(line, null);
  const first = console.until('login:', SOON);
  line.write('host lo');
  line.write('gin: root\r\nlogin: agai');
  t.is((await first).match, 'login:');
  line.write('n\r\n');
  t.is((await console.until(/login: (\w+)/, SOON)).groups[0], 'again');
  await t.throwsAsync(console.until('login:', { timeoutSeconds: 0.02 }), {
    instanceOf: KronosError,
  });
});

test('a character that is cut in two stays whole', async (t) => {
  const line = new PassThrough();
  const console = openConsole(line, null);
  const bytes = Buffer.from('größe\n');
  line.write(bytes.subarray(0, 3));
  await sleep(1);
  line.write(bytes.subarray(3));
  t.is((await console.until(/gr.*e/u, SOON)).match, 'größe');
});

test('time that passes is an error with the end of what was said', async (t) => {
  const line = new PassThrough();
  const console = openConsole(line, null);
  line.write('Booting\r\n\r\n\x1b[1mstill here\x1b[0m\r\n');
  const error = await t.throwsAsync(console.until('ready', { timeoutSeconds: 0.05 }), {
    instanceOf: KronosError,
  });
  t.is(error.code, 'verification/not-reached');
  t.is(
    error.message,
    'waiting for "ready" on the serial line: 0.1 s passed. The serial line ended with:\n    Booting\n    still here',
  );
});

test('a panic ends the waiting at once', async (t) => {
  const line = new PassThrough();
  const console = openConsole(line, null);
  const waiting = console.until('ready', { ...SOON, failOn: [/Kernel panic - \w+/] });
  line.write('[    1.0] Kernel panic - not syncing\r\n');
  const error = await t.throwsAsync(waiting, { instanceOf: KronosError });
  t.regex(error.message, /the machine said "Kernel panic - not"/);
});

test('the end of the machine ends the waiting', async (t) => {
  const line = new PassThrough();
  const console = openConsole(line, null);
  const waiting = console.until('ready', SOON);
  line.end('reboot: Power down\r\n');
  t.regex(
    (await t.throwsAsync(waiting, { instanceOf: KronosError })).message,
    /: the machine ended\./,
  );
  await console.closed;
  t.true(console.ended());
  await t.throwsAsync(console.until('more', SOON), { instanceOf: KronosError });
  t.is(
    (
      await t.throwsAsync(openConsole(new PassThrough().end(), null).until('x', SOON), {
        instanceOf: KronosError,
      })
    ).code,
    'verification/not-reached',
  );
});

test('a text that came with the end is found', async (t) => {
  const line = new PassThrough();
  const console = openConsole(line, null);
  line.end('ready');
  await console.closed;
  t.is((await console.until('ready', SOON)).match, 'ready');
});

test('waiting can be cancelled, also before it begins', async (t) => {
  const console = openConsole(new PassThrough(), null);
  const interrupt = new AbortController();
  const waiting = console.until('x', { ...SOON, signal: interrupt.signal });
  interrupt.abort();
  t.is((await t.throwsAsync(waiting, { instanceOf: KronosError })).code, 'interrupted/cancelled');
  const late = console.until('x', { ...SOON, signal: interrupt.signal });
  t.is((await t.throwsAsync(late, { instanceOf: KronosError })).code, 'interrupted/cancelled');
});

test('the log has every byte as it came', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const log = join(directory, 'serial.log');
  const line = new PassThrough();
  const console = openConsole(line, null, { log });
  const lines: string[] = [];
  console.onLine((each) => lines.push(each));
  line.write('\x1b[2Jone\r\n\r\ntw');
  line.end('o\r\nthree');
  await console.closed;
  t.is(await readFile(log, 'utf8'), '\x1b[2Jone\r\n\r\ntwo\r\nthree');
  t.deepEqual(lines, ['one', 'two']);
  t.deepEqual(console.tail(2), ['two', 'three']);
});

test('a person at the terminal sees the bytes and types into the guest', async (t) => {
  const line = new PassThrough();
  const guest = new PassThrough();
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => modes.push(on),
  });
  const output = new PassThrough();
  const detach = attachTerminal(openConsole(line, guest), { input, output }, { interactive: true });
  line.write('\x1b[1mlogin: ');
  input.write('root\r\x03');
  await sleep(5);
  t.is(String(output.read()), '\x1b[1mlogin: ');
  t.is(String(guest.read()), 'root\r\x03');
  detach();
  input.write('lost');
  await sleep(5);
  t.is(guest.read(), null);
  t.deepEqual(modes, [true, false]);
});
