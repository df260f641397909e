// What the real rpm and dnf make of a repository, whole and spoiled.
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { yumSource } from '../../../src/builder/repository/lines.ts';
import type { MadeRepository } from '../../../src/builder/repository/make.ts';
import { signFile } from '../../../src/builder/manifest/signature.ts';
import { run } from '../../../src/common/process.ts';
import { dropKey, makeKey, type SigningKey } from '../apt/repository.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { makeRpmOf, makeSamples } from './packages.ts';
import { copyOf, make, refusal, serve } from './scene.ts';

interface Scene {
  base: string;
  key: SigningKey;
  made: MadeRepository;
  /** Signed with an RSA key. */
  rsa: MadeRepository;
}

const test = anyTest as TestFn<Scene>;
type Context = ExecutionContext<Scene>;

/** Below a suite, and as it was built. */
const LIB = 'Packages/k/kr-lib-1.0-1.noarch.rpm';
const PACKAGE = 'packages/kr-lib-1.0-1.noarch.rpm';

test.before(async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  const key = await makeKey();
  await makeSamples(join(base, 'packages'), makeRpmOf);
  const made = await make(key, join(base, 'repo'), [join(base, 'packages')]);
  // As whoever changes the key does it: out of packages that the old one signed.
  const rsaKey = await makeKey('rsa3072');
  const rsa = await make(rsaKey, join(base, 'rsa'), [join(base, 'repo/rpm')]);
  await dropKey(rsaKey);
  process.env['GNUPGHOME'] = key.home;
  t.context = { base, key, made, rsa };
});

test.after.always(async (t) => {
  await Promise.all([dropKey(t.context.key), rm(t.context.base, { recursive: true })]);
});

/** A dnf that knows this repository and nothing else, by the lines that `repo make` prints, and an empty root. */
async function emptyRoot(t: Context, directory: string) {
  const url = await serve(t, directory);
  const { key, keyring, label, all } = t.context.made;
  const base = await temporaryDirectory(t);
  const root = join(base, 'root');
  const repos = join(base, 'repos');
  await mkdir(root);
  await mkdir(repos);
  const source = yumSource({ url, label, suites: all, fingerprint: key, keyring });
  // A key from the network would make a stranger's repository good: here it is the right one that is trusted.
  const trusted = `gpgkey=file://${t.context.made.directory}/kronos-archive-keyring.asc`;
  await writeFile(join(repos, 'kronos.repo'), source.replace(/^gpgkey=.*$/m, trusted));
  await writeFile(join(base, 'dnf.conf'), '[main]\n');
  const dnf = (...words: string[]) =>
    run(
      [
        ...['dnf', '--assumeyes', '--noplugins', `--config=${join(base, 'dnf.conf')}`],
        ...[`--installroot=${root}`, '--releasever=1', `--setopt=reposdir=${repos}`],
        ...['--setopt=retries=1', ...words],
      ],
      { environment: { LC_ALL: 'C.UTF-8' }, extendEnvironment: true },
    );
  return { root, dnf };
}

/** Keys of rpm's own, with nothing in it or with a key. */
async function rpmkeys(t: Context, keyring?: string) {
  const database = join(await temporaryDirectory(t), 'rpmdb');
  const call = ['rpmkeys', '--dbpath', database, '--define', '_pkgverify_level all'];
  if (keyring !== undefined) await run([...call, '--import', keyring]);
  return (...words: string[]) => run([...call, ...words]);
}

test('rpm accepts the signature of every package with the key, and not without it', async (t) => {
  const { directory } = t.context.made;
  const suite = join(directory, 'rpm/stable');
  const packages = await readdir(join(suite, 'Packages/k'));
  t.is(packages.length, 3);
  const files = packages.map((name) => join(suite, 'Packages/k', name));
  const trusting = await rpmkeys(t, join(directory, 'kronos-archive-keyring.asc'));
  const { stdout } = await trusting('--checksig', ...files);
  t.is(stdout.match(/: digests signatures OK$/gm)?.length, 3);
  const empty = await rpmkeys(t);
  t.regex(await refusal(empty('--checksig', ...files)), /NOT OK/);
  const unsigned = join(t.context.base, PACKAGE);
  t.regex(await refusal(trusting('--checksig', unsigned)), /NOT OK/);
});

test('an RSA key serves as well', async (t) => {
  const { directory } = t.context.rsa;
  const trusting = await rpmkeys(t, join(directory, 'kronos-archive-keyring.asc'));
  const { stdout } = await trusting('--checksig', '-v', join(directory, 'rpm/stable', LIB));
  t.regex(stdout, /RSA\/SHA512 Signature, key ID [0-9a-f]+: OK/);
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot(
  'dnf installs a package with what it depends on, and its script runs in the root',
  async (t) => {
    const { root, dnf } = await emptyRoot(t, t.context.made.directory);
    await dnf('install', 'kr-app');
    t.is(await readFile(join(root, 'usr/share/kr-lib/content'), 'utf8'), 'kr-lib 1.0\n');
    t.is(await readFile(join(root, 'var-app-configured'), 'utf8'), 'configured\n');
  },
);

asRoot('dnf refuses a package that was changed', async (t) => {
  const copy = await copyOf(t, t.context.made.directory);
  const file = join(copy, 'rpm/stable', LIB);
  const bytes = await readFile(file);
  bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1;
  await writeFile(file, bytes);
  const { dnf } = await emptyRoot(t, copy);
  t.regex(await refusal(dnf('install', 'kr-lib')), /checksum doesn't match/);
});

asRoot('dnf refuses an index that was changed', async (t) => {
  const copy = await copyOf(t, t.context.made.directory);
  const repomd = join(copy, 'rpm/stable/repodata/repomd.xml');
  await writeFile(repomd, `${await readFile(repomd, 'utf8')}<!-- -->\n`);
  const first = await emptyRoot(t, copy);
  t.regex(await refusal(first.dnf('install', 'kr-lib')), /signature/i);

  const other = await copyOf(t, t.context.made.directory);
  const data = join(other, 'rpm/stable/repodata');
  const primary = (await readdir(data)).find((name) => name.endsWith('-primary.xml.gz')) ?? '';
  const bytes = await readFile(join(data, primary));
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(join(data, primary), bytes);
  const second = await emptyRoot(t, other);
  t.regex(await refusal(second.dnf('install', 'kr-lib')), /checksum/i);
});

asRoot('dnf refuses a package without a signature under an index with one', async (t) => {
  const copy = await copyOf(t, t.context.made.directory);
  const suite = join(copy, 'rpm/stable');
  await copyFile(join(t.context.base, PACKAGE), join(suite, LIB));
  await run(['createrepo_c', '--quiet', '--no-database', suite]);
  await signFile(join(suite, 'repodata/repomd.xml'), t.context.made.key);
  const { dnf } = await emptyRoot(t, copy);
  t.regex(await refusal(dnf('install', 'kr-lib')), /is not signed/);
});
