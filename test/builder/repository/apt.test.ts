// What the real apt makes of a repository, whole and spoiled.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { aptSource } from '../../../src/builder/repository/lines.ts';
import type { MadeRepository } from '../../../src/builder/repository/make.ts';
import { CommandError, run } from '../../../src/common/process.ts';
import { exists, listFiles } from '../../../src/common/files.ts';
import { dropKey, makeKey, type SigningKey } from '../apt/repository.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { makeDebOf, makeSamples } from './packages.ts';
import { copyOf, make, refusal, serve } from './scene.ts';

interface Scene {
  base: string;
  key: SigningKey;
  stranger: SigningKey;
  made: MadeRepository;
  /** By the stranger. */
  other: MadeRepository;
}

const test = anyTest as TestFn<Scene>;
type Context = ExecutionContext<Scene>;

test.before(async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  const [key, stranger] = await Promise.all([makeKey(), makeKey()]);
  await makeSamples(join(base, 'packages'), makeDebOf);
  const made = await make(key, join(base, 'repo'), [join(base, 'packages')]);
  const other = await make(stranger, join(base, 'other'), [join(base, 'repo/pool')]);
  t.context = { base, key, stranger, made, other };
});

test.after.always(async (t) => {
  const { base, key, stranger } = t.context;
  await Promise.all([dropKey(key), dropKey(stranger), rm(base, { recursive: true })]);
});

/** An empty root with an apt that knows this repository and nothing else, by the lines that `repo make` prints. */
async function emptyRoot(t: Context, directory: string, architecture = 'amd64') {
  const requests: string[] = [];
  const url = await serve(t, directory, requests);
  const { key, keyring, label, all } = t.context.made;
  const root = await temporaryDirectory(t);
  const directories = [
    'etc/apt/apt.conf.d',
    'etc/apt/preferences.d',
    'etc/apt/sources.list.d',
    'var/lib/apt/lists/partial',
    'var/lib/dpkg/info',
    'var/lib/dpkg/updates',
    'var/cache/apt/archives/partial',
    'var/log/apt',
  ];
  for (const path of directories) await mkdir(join(root, path), { recursive: true });
  await writeFile(join(root, 'var/lib/dpkg/status'), '');
  const source = aptSource({ url, label, suites: all, fingerprint: key, keyring });
  const signedBy = `Signed-By: ${join(t.context.made.directory, 'kronos-archive-keyring.pgp')}`;
  const sources = join(root, 'etc/apt/sources.list.d/kronos.sources');
  await writeFile(sources, source.replace(/^Signed-By: .*$/m, signedBy));
  const config = join(root, 'apt.conf');
  const settings = [
    `Dir "${root}";`,
    `Dir::State::status "${root}/var/lib/dpkg/status";`,
    `Dir::Etc::trusted "/dev/null";`,
    `APT::Architecture "${architecture}";`,
    `APT::Architectures { "${architecture}"; };`,
    'APT::Sandbox::User "";',
    'APT::Update::Error-Mode "any";',
    'Acquire::Languages "none";',
    `DPkg::Options { "--root=${root}"; "--force-not-root"; "--no-triggers"; };`,
    `DPkg::Path "/usr/sbin:/usr/bin:/sbin:/bin";`,
  ];
  await writeFile(config, `${settings.join('\n')}\n`);
  const apt = (...words: string[]) =>
    run(['apt-get', '--yes', ...words], {
      cwd: root,
      environment: { APT_CONFIG: config, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
      extendEnvironment: true,
    });
  return { root, apt, requests };
}

/** Changes every copy of an index, under its name and by its digest, as one who can write to the server would. */
async function spoilPackages(directory: string): Promise<void> {
  for (const path of await listFiles(join(directory, 'dists'))) {
    if (!/binary-amd64\//.test(path)) continue;
    const file = join(directory, 'dists', path);
    const bytes = await readFile(file);
    bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
    await writeFile(file, bytes);
  }
}

test('stock gpgv accepts both forms of the signature', async (t) => {
  const { directory, key } = t.context.made;
  const suite = join(directory, 'dists/stable');
  const gpgv = ['gpgv', '--status-fd', '1', '--keyring'];
  const keyring = join(directory, 'kronos-archive-keyring.pgp');
  for (const files of [['InRelease'], ['Release.gpg', 'Release']]) {
    const { stdout } = await run([...gpgv, keyring, ...files.map((name) => join(suite, name))]);
    t.regex(stdout, new RegExp(`VALIDSIG ${key} `));
  }
  const other = t.context.stranger.binary;
  await t.throwsAsync(run([...gpgv, other, join(suite, 'InRelease')]), {
    instanceOf: CommandError,
  });
});

test('apt updates from the printed source and takes indices by their digest', async (t) => {
  const { root, apt, requests } = await emptyRoot(t, t.context.made.directory);
  const { stderr } = await apt('update');
  t.is(stderr, '');
  t.true(requests.some((path) => /main\/binary-amd64\/by-hash\/SHA256\/[0-9a-f]{64}$/.test(path)));
  await apt('download', 'kr-lib');
  t.true(await exists(join(root, 'kr-lib_1.0_all.deb')));
});

test('a machine of another architecture gets the packages that are for all', async (t) => {
  const { root, apt } = await emptyRoot(t, t.context.made.directory, 'arm64');
  await apt('update');
  await apt('download', 'kr-lib');
  t.true(await exists(join(root, 'kr-lib_1.0_all.deb')));
  t.regex(await refusal(apt('download', 'kr-shell')), /kr-shell/);
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot(
  'apt installs a package with what it depends on, and its script runs in the root',
  async (t) => {
    const { root, apt } = await emptyRoot(t, t.context.made.directory);
    await apt('update');
    await apt('install', 'kr-app');
    t.is(await readFile(join(root, 'usr/share/kr-lib/content'), 'utf8'), 'kr-lib 1.0\n');
    t.is(await readFile(join(root, 'var-app-configured'), 'utf8'), 'configured\n');
  },
);

test('apt refuses an index that was changed', async (t) => {
  const copy = await copyOf(t, t.context.made.directory);
  await spoilPackages(copy);
  const { apt } = await emptyRoot(t, copy);
  t.regex(await refusal(apt('update')), /Hash Sum mismatch/);
});

test('apt refuses a package that was changed', async (t) => {
  const copy = await copyOf(t, t.context.made.directory);
  const file = join(copy, 'pool/main/k/kr-lib/kr-lib_1.0_all.deb');
  const bytes = await readFile(file);
  bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1;
  await writeFile(file, bytes);
  const { root, apt } = await emptyRoot(t, copy);
  await apt('update');
  t.regex(await refusal(apt('download', 'kr-lib')), /Hash Sum mismatch/);
  t.false(await exists(join(root, 'kr-lib_1.0_all.deb')));
});

test('apt refuses a Release file that was changed or that another key signed', async (t) => {
  const changed = await copyOf(t, t.context.made.directory);
  const release = join(changed, 'dists/stable/InRelease');
  await writeFile(
    release,
    (await readFile(release, 'utf8')).replace('Label: Kronos', 'Label: kronos'),
  );
  for (const name of ['Release', 'Release.gpg']) await rm(join(changed, 'dists/stable', name));
  const first = await emptyRoot(t, changed);
  t.regex(await refusal(first.apt('update')), /BADSIG/);

  const second = await emptyRoot(t, t.context.other.directory);
  t.regex(await refusal(second.apt('update')), /NO_PUBKEY/);
});
