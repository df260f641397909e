import test from 'ava';
import { CLOCK_SHIFT_VARIABLE } from '../../src/builder/clock.ts';
import { toolCommand } from '../../src/builder/tools.ts';
import { run } from '../../src/common/process.ts';
import { toolsRoot } from '../tools-root.ts';

test.serial('a tool runs by its own loader, with its own libraries, and ends with us', (t) => {
  const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const argv = toolCommand('/t', 'mksquashfs', ['a b', '$c']);
  t.deepEqual(argv.slice(0, 4), ['setpriv', '--pdeathsig', 'KILL', '--']);
  t.regex(argv[4] ?? '', /^\/t\/usr\/lib(64)?\/ld-linux-/);
  t.deepEqual(argv.slice(5), [
    ...['--library-path', `/t/usr/lib/${architecture}-linux-gnu`],
    ...['/t/usr/bin/mksquashfs', 'a b', '$c'],
  ]);
  t.true(toolCommand('/t', 'sgdisk', []).includes('/t/usr/sbin/sgdisk'));
});

test.serial('a wrong clock reaches the tool and nobody before it', async (t) => {
  process.env[CLOCK_SHIFT_VARIABLE] = '400';
  t.teardown(() => Reflect.deleteProperty(process.env, CLOCK_SHIFT_VARIABLE));
  const argv = toolCommand(toolsRoot(), 'zstd', ['--version']);
  const loader = argv.findIndex((part) => part.includes('/ld-linux-'));
  t.true(argv.indexOf('env') < loader && argv.indexOf('FAKETIME=+400d') < loader);
  t.is(argv[loader + 1], '--preload');
  t.regex((await run(argv)).stdout, /Zstandard/);
});
