// The screens in a pseudo terminal of the kernel's: raw mode, a shell in between, and the terminal as it was at the end.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import xterm from '@xterm/headless';
import { run, start } from '../../../src/common/process.ts';
import { temporaryDirectory } from '../../temporary.ts';

const PROGRAM = fileURLToPath(new URL('./pty-program.js', import.meta.url));

async function hasScript(): Promise<boolean> {
  return await run(['script', '--version']).then(
    () => true,
    () => false,
  );
}

test('on a real terminal: keys, a shell in between, and everything given back', async (t) => {
  if (!(await hasScript())) {
    t.log('util-linux has no script here');
    t.pass();
    return;
  }
  const lock = join(await temporaryDirectory(t), 'lock');
  const command = `${process.execPath} ${PROGRAM} two-nvme-equal ${lock}; stty -a`;
  const child = start(['script', '--quiet', '--flush', '--command', command, '/dev/null'], {
    stdin: 'pipe',
    stdout: 'pipe',
  });
  t.teardown(() => {
    child.kill();
  });
  const screen = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  const type = (text: string): void => {
    child.stdin?.write(text);
  };
  // It is asked for its size, because a pipe has none.
  screen.onData(type);
  let sent = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    sent += chunk.toString();
    screen.write(chunk);
  });
  const see = async (pattern: RegExp): Promise<void> => {
    const until = performance.now() + 60_000;
    for (;;) {
      const buffer = screen.buffer.active;
      const text = Array.from(
        { length: 24 },
        (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? '',
      ).join('\n');
      if (pattern.test(text)) return;
      if (performance.now() > until) throw new Error(`${String(pattern)} is not seen:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await see(/Install on this machine/);
  type('\r');
  await see(/step 1 of/);
  type('\r');
  await see(/nvme1n1/);
  type('\x1b[B \x1bOQ');
  await see(/leads back to the installation/);
  type('echo $((6 * 7)); stty -a; exit\r');
  await see(/\[x\] nvme1n1/);
  t.regex(sent, /[\r\n]42\r\n/);
  t.regex(sent, /[^-]icanon/, 'the shell has a terminal as shells know it');
  type('\x1b');
  await see(/The keyboard/);
  type('\x1b');
  await see(/Leave to the command line/);
  sent = '';
  type('\x1b[B\x1b[B\r');
  t.is(await child.done, 0);
  t.regex(sent, /left: shell/);
  t.regex(sent, /[^-]icanon/);
  t.regex(sent, /[^-]echo /);
});
