import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { run, type RunResult } from '../../src/common/process.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Stand-ins that note how they were called; `node` compiles by making the one file that is run. */
const NODE = `#!/bin/sh
if [ "$1" = --version ]; then echo "\${FAKE_NODE_VERSION:-v20.19.2}"; exit; fi
echo "node $*" >>"$CALLS"
case $1 in *tsc) mkdir -p build/src/cli; echo main >build/src/cli/main.js; exit "\${FAKE_TSC:-0}" ;; esac
echo "ran $*"
`;
const NPM = `#!/bin/sh
echo "npm $*" >>"$CALLS"
sleep 0.2
mkdir -p node_modules
exit "\${FAKE_NPM:-0}"
`;

interface Checkout {
  directory: string;
  calls: () => Promise<string[]>;
  kronos: (
    args?: readonly string[],
    environment?: Record<string, string>,
    path?: string,
  ) => Promise<RunResult>;
}

/** A checkout with our launcher, one source file, and stand-ins for node and npm as the only programs found first. */
async function makeCheckout(
  t: { teardown: (work: () => Promise<void>) => void },
  programs = ['node', 'npm'],
): Promise<Checkout> {
  const directory = await mkdtemp(join(tmpdir(), 'kronos launcher '));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const bin = join(directory, 'bin');
  await mkdir(bin);
  // Only what the launcher may rely on, so that a machine with npm of its own does not hide a mistake.
  for (const name of [
    'sh',
    'sed',
    'tail',
    'cat',
    'mkdir',
    'mv',
    'touch',
    'find',
    'sort',
    'sha256sum',
    'flock',
    'readlink',
    'dirname',
    'sleep',
  ]) {
    const { stdout } = await run(['sh', '-c', 'command -v "$1"', 'sh', name]);
    await symlink(stdout, join(bin, name));
  }
  for (const [name, text] of [
    ['node', NODE],
    ['npm', NPM],
  ] as const) {
    if (!programs.includes(name)) continue;
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
  }
  await copyFile(join(ROOT, 'kronos'), join(directory, 'kronos'));
  await mkdir(join(directory, 'src'));
  await writeFile(join(directory, 'src/main.ts'), 'one');
  for (const name of ['package-lock.json', 'tsconfig.json'])
    await writeFile(join(directory, name), '{}');
  const calls = join(directory, 'calls');
  await writeFile(calls, '');
  return {
    directory,
    calls: async () =>
      (await readFile(calls, 'utf8'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ', 2).join(' ')),
    kronos: (args = [], environment = {}, path = join(directory, 'kronos')) =>
      run([path, ...args], {
        environment: { PATH: bin, CALLS: calls, ...environment },
        cwd: '/',
        accept: Array.from({ length: 256 }, (_, code) => code),
      }),
  };
}

const COMPILE = [
  'node node_modules/typescript-native/bin/tsc',
  'node build/src/cli/bundle-libraries.js',
];
const SET_UP = ['npm ci', ...COMPILE];

test('a fresh checkout is set up once, and runs with its arguments', async (t) => {
  const { kronos, calls, directory } = await makeCheckout(t);
  const first = await kronos(['--setup-only']);
  t.is(first.exitCode, 0);
  t.is(first.stdout, '');
  t.deepEqual(first.stderr.split('\n'), [
    'kronos: installing node modules (only the first time and after updates)',
    'kronos: compiling',
  ]);
  const second = await kronos(['build', '--with', 'a b']);
  t.is(second.stderr, '');
  t.is(second.stdout, `ran ${directory}/build/src/cli/main.js build --with a b`);
  t.deepEqual((await calls()).slice(0, SET_UP.length), SET_UP);
  t.is((await calls()).length, SET_UP.length + 1);
});

test('it works through symbolic links', async (t) => {
  const { kronos, directory } = await makeCheckout(t);
  await mkdir(join(directory, 'links'));
  await symlink('../kronos', join(directory, 'links/one'));
  await symlink('links/one', join(directory, 'two'));
  const { stdout } = await kronos(['x'], {}, join(directory, 'two'));
  t.is(stdout, `ran ${directory}/build/src/cli/main.js x`);
});

test('a changed source is compiled again, a touched one is not', async (t) => {
  const { kronos, calls, directory } = await makeCheckout(t);
  await kronos(['--setup-only']);
  const source = join(directory, 'src/main.ts');
  const future = new Date(Date.now() + 60_000);
  await utimes(source, future, future);
  await kronos(['--setup-only']);
  t.deepEqual(await calls(), SET_UP);
  await writeFile(source, 'two');
  await utimes(source, future, future);
  await kronos(['--setup-only']);
  t.deepEqual(await calls(), [...SET_UP, ...COMPILE]);
});

test('a removed source is compiled away', async (t) => {
  const { kronos, calls, directory } = await makeCheckout(t);
  await writeFile(join(directory, 'src/other.ts'), 'x');
  await kronos(['--setup-only']);
  await rm(join(directory, 'src/other.ts'));
  await kronos(['--setup-only']);
  t.deepEqual(await calls(), [...SET_UP, ...COMPILE]);
});

test('a new lock file fetches modules again', async (t) => {
  const { kronos, calls, directory } = await makeCheckout(t);
  await kronos(['--setup-only']);
  await writeFile(join(directory, 'package-lock.json'), '{ }');
  await kronos(['--setup-only']);
  t.deepEqual(await calls(), [...SET_UP, ...SET_UP]);
});

test('two at once set up once', async (t) => {
  const { kronos, calls } = await makeCheckout(t);
  const results = await Promise.all([kronos(['a']), kronos(['b'])]);
  t.deepEqual(
    results.map((result) => result.exitCode),
    [0, 0],
  );
  t.deepEqual(
    (await calls()).filter((line) => SET_UP.includes(line)),
    SET_UP,
  );
});

test('an installation or a compilation that fails is told and tried again', async (t) => {
  const { kronos } = await makeCheckout(t);
  const npm = await kronos([], { FAKE_NPM: '1' });
  t.is(npm.exitCode, 4);
  t.regex(npm.stderr, /^error io\/modules-not-installed: .*\n {2}hint: /m);
  const tsc = await kronos([], { FAKE_TSC: '2' });
  t.is(tsc.exitCode, 70);
  t.regex(tsc.stderr, /^error internal\/compile-failed: /m);
  t.is((await kronos(['x'])).exitCode, 0);
});

test('a machine without node, with an old node, or without npm is told what to do', async (t) => {
  const none = await (await makeCheckout(t, [])).kronos();
  t.is(none.exitCode, 3);
  t.regex(
    none.stderr,
    /^error dependency\/node-missing: .*\n {2}hint: install Node 20\.19 or later/,
  );
  const { kronos } = await makeCheckout(t, ['node']);
  for (const version of ['v18.20.4', 'v20.18.3']) {
    const old = await kronos([], { FAKE_NODE_VERSION: version });
    t.is(old.exitCode, 3);
    t.regex(old.stderr, /^error dependency\/node-too-old: .*\n {2}hint: /);
  }
  const npm = await kronos([], { FAKE_NODE_VERSION: 'v24.0.0' });
  t.is(npm.exitCode, 3);
  t.regex(npm.stderr, /^error dependency\/npm-missing: .*\n {2}hint: /);
});
