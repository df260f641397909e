import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { KronosError } from '../../src/common/error.ts';
import { SILENT } from '../../src/common/progress.ts';
import { describeTry, tryMedium, type TryOptions } from '../../src/lab/try.ts';

const FOREVER = new AbortController().signal;

/** A shell script in place of QEMU: its standard output is the serial line. */
async function prepare(
  t: ExecutionContext,
  script: string,
): Promise<{ directory: string; options: TryOptions }> {
  const directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const qemu = join(directory, 'qemu');
  await writeFile(qemu, `#!/bin/sh\n${script}\n`);
  await chmod(qemu, 0o755);
  const medium = join(directory, 'a.iso');
  await writeFile(medium, '');
  return {
    directory,
    options: {
      programs: {
        qemu: [qemu],
        environment: {},
        dataDirectories: [],
        uefi: undefined,
        windows: false,
      },
      medium,
      firmware: 'bios',
      attach: 'cdrom',
      disks: [],
      timeoutSeconds: 10,
      display: 'none',
      acceleration: { kind: 'tcg', reason: 'a test' },
    },
  };
}

test('the line with the text is the result, and QEMU is ended', async (t) => {
  const { directory, options } = await prepare(
    t,
    'echo $$ > "$(dirname "$0")/pid"; echo Booting; echo "systemd[1]: Reached target multi-user"; exec sleep 100',
  );
  const serialLog = join(directory, 'serial.log');
  const result = await tryMedium(
    { ...options, until: 'Reached target', serialLog },
    SILENT,
    FOREVER,
  );
  t.like(result, {
    reached: true,
    ended: 'reached',
    line: 'systemd[1]: Reached target multi-user',
  });
  t.regex(
    describeTry(result),
    /^Reached after .* \(without KVM\): systemd\[1\]: Reached target multi-user$/,
  );
  t.regex(await readFile(serialLog, 'utf8'), /^Booting\n/);
  const pid = Number(await readFile(join(directory, 'pid'), 'utf8'));
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('a machine that ends by itself is a result without a text to wait for, and an error with one', async (t) => {
  const { options } = await prepare(t, 'echo Power down');
  t.like(await tryMedium(options, SILENT, FOREVER), {
    reached: true,
    ended: 'off',
    line: undefined,
  });
  const error = await t.throwsAsync(tryMedium({ ...options, until: 'login:' }, SILENT, FOREVER), {
    instanceOf: KronosError,
  });
  t.is(error.code, 'verification/not-reached');
  t.regex(error.message, /the machine ended.*Power down/s);
});

test('a QEMU that fails says why', async (t) => {
  const { options } = await prepare(t, 'echo "cannot set up guest memory" >&2; exit 1');
  for (const until of [undefined, 'login:']) {
    const error = await t.throwsAsync(tryMedium({ ...options, until }, SILENT, FOREVER), {
      instanceOf: KronosError,
    });
    t.is(error.code, 'host/qemu-failed');
    t.regex(error.message, /cannot set up guest memory/);
  }
});

test('a QEMU that is not there is a missing tool', async (t) => {
  const { options } = await prepare(t, '');
  const programs = { ...options.programs, qemu: ['/nowhere/qemu'] };
  const error = await t.throwsAsync(tryMedium({ ...options, programs }, SILENT, FOREVER), {
    instanceOf: KronosError,
  });
  t.is(error.code, 'dependency/tool-missing');
});

test('the key of an entry is pressed once the menu is there', async (t) => {
  const { options } = await prepare(
    t,
    'printf "\\033[2J\\033[1;1HGNU GRUB  version 2.12\\n"; key=$(dd bs=1 count=1 2>/dev/null); echo "chosen $key."; exec sleep 100',
  );
  const result = await tryMedium({ ...options, entry: 'r', until: 'chosen' }, SILENT, FOREVER);
  t.is(result.line, 'chosen r.');
});

test('what cannot be tried is refused before anything starts', async (t) => {
  const { options } = await prepare(t, 'exit 1');
  const refused: [Partial<TryOptions>, `input/${string}`][] = [
    [{ medium: undefined }, 'input/missing-argument'],
    [{ medium: '/nowhere/a.iso' }, 'input/no-such-file'],
    [{ disks: [{ path: '/nowhere/disk', bus: 'virtio' }] }, 'input/no-such-file'],
    [{ until: '' }, 'input/wrong-value'],
    [{ entry: 'rescue' }, 'input/wrong-value'],
    [{ memory: 1 }, 'input/wrong-value'],
  ];
  for (const [change, code] of refused) {
    const error = await t.throwsAsync(tryMedium({ ...options, ...change }, SILENT, FOREVER), {
      instanceOf: KronosError,
    });
    t.is(error.code, code);
  }
});

test('a cancelled machine is gone', async (t) => {
  const { options } = await prepare(t, 'exec sleep 100');
  const interrupt = new AbortController();
  setTimeout(() => {
    interrupt.abort();
  }, 100);
  const error = await t.throwsAsync(tryMedium(options, SILENT, interrupt.signal), {
    instanceOf: KronosError,
  });
  t.is(error.code, 'interrupted/cancelled');
});
