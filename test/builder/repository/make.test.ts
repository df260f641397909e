// A repository is made, changed, cut short and spoiled; every run of the real tools.
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import anyTest, { type TestFn } from 'ava';
import { KronosErrors } from '../../../src/common/error.ts';
import { listFiles, statOrUndefined } from '../../../src/common/files.ts';
import { run, start } from '../../../src/common/process.ts';
import { takeLock } from '../../../src/steps/lock.ts';
import { verifyRepository } from '../../../src/builder/repository/verify.ts';
import { signRpm } from '../../../src/builder/repository/rpm.ts';
import { dropKey, makeKey, type SigningKey } from '../apt/repository.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { PROGRAM } from '../faults/kronos.ts';
import { BUILD_DATE, makeDebOf, makeRpmOf } from './packages.ts';
import { copyOf, digests, make } from './scene.ts';

interface Scene {
  base: string;
  key: SigningKey;
  /** Directories of packages: the first ones, and what comes later. */
  first: string;
  second: string;
  /** A repository of the first. */
  repo: string;
}

const test = anyTest as TestFn<Scene>;

test.before(async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  const key = await makeKey();
  const build = join(base, 'build');
  const [first, second] = [join(base, 'first'), join(base, 'second/below')];
  for (const path of [build, first, second]) await mkdir(path, { recursive: true });
  for (const makeOne of [makeDebOf, makeRpmOf]) {
    const old = await makeOne(build, { name: 'kr-one', version: '1.0' });
    await copyFile(old, join(first, old.slice(build.length)));
    const date = BUILD_DATE + 1000;
    const late = await makeOne(build, { name: 'kr-two', version: '2.0', date });
    await copyFile(late, join(second, late.slice(build.length)));
  }
  const repo = join(base, 'repo');
  await make(key, repo, [first]);
  t.context = { base, key, first, second: join(base, 'second'), repo };
});

test.after.always(async (t) => {
  await Promise.all([dropKey(t.context.key), rm(t.context.base, { recursive: true })]);
});

function keyringOf(repository: string): string {
  return join(repository, 'kronos-archive-keyring.asc');
}

async function releaseDate(repository: string): Promise<string | undefined> {
  const text = await readFile(join(repository, 'dists/stable/Release'), 'utf8');
  return /^Date: (.*)$/m.exec(text)?.[1];
}

test('the same packages give the same bits, on another day and in another environment', async (t) => {
  const { key, first, second, repo } = t.context;
  const base = await temporaryDirectory(t);
  const again = join(base, 'again');
  const environment = { TZ: 'Asia/Tokyo', LC_ALL: 'C', GNUPGHOME: key.home };
  const command = ['repo', 'make', again, '--key', 'test@mirror.example', first];
  await run(['sh', '-c', 'umask 077; exec "$@"', 'sh', process.execPath, PROGRAM, ...command], {
    environment,
    extendEnvironment: true,
  });
  t.deepEqual(await digests(again), await digests(repo));
  t.is(((await statOrUndefined(join(again, 'dists/stable/main')))?.mode ?? 0) & 0o777, 0o755);
  t.is(((await statOrUndefined(join(again, 'dists/stable/Release')))?.mode ?? 0) & 0o777, 0o644);
  // One by one or at once.
  await make(key, again, [second]);
  const atOnce = join(base, 'at-once');
  await make(key, atOnce, [second, first]);
  const names = Object.entries(await digests(again));
  const fresh = await digests(atOnce);
  for (const [path, digest] of Object.entries(fresh))
    t.is(Object.fromEntries(names)[path], digest, path);
});

test('a change adds, keeps and says so; the former index still finds its files, the one before not', async (t) => {
  const { key, first, second } = t.context;
  const repo = await copyOf(t, t.context.repo);
  t.is(await releaseDate(repo), 'Tue, 14 Nov 2023 22:13:20 UTC');
  const before = await listFiles(repo);
  const made = await make(key, repo, [second, first]);
  t.deepEqual(
    made.suites.map(({ kind, added, present, kept }) => ({ kind, added, present, kept })),
    [
      { kind: 'apt', added: ['kr-two 2.0 all'], present: ['kr-one 1.0 all'], kept: [] },
      { kind: 'yum', added: ['kr-two-2.0-1.noarch'], present: ['kr-one-1.0-1.noarch'], kept: [] },
    ],
  );
  t.is(await releaseDate(repo), 'Tue, 14 Nov 2023 22:30:00 UTC');
  const after = await listFiles(repo);
  t.deepEqual(
    before.filter((path) => !after.includes(path)),
    [],
  );
  t.deepEqual((await make(key, repo, [first])).written, []);
  t.deepEqual(await listFiles(repo), after);

  const third = join(await temporaryDirectory(t), 'third');
  await mkdir(third);
  for (const makeOne of [makeDebOf, makeRpmOf]) {
    const date = BUILD_DATE - 1000;
    await makeOne(third, { name: 'kr-three', version: '3.0', date });
  }
  const last = await make(key, repo, [third]);
  t.deepEqual(
    last.suites.map(({ kept }) => kept.length),
    [2, 2],
  );
  t.is(await releaseDate(repo), 'Tue, 14 Nov 2023 22:30:00 UTC', 'never back');
  const now = new Set(await listFiles(repo));
  const gone = before.filter((path) => !now.has(path));
  t.true(gone.length > 0 && gone.every((path) => /by-hash|repodata\/[0-9a-f]{64}-/.test(path)));
  t.deepEqual(
    after.filter((path) => !now.has(path) && !before.includes(path)),
    [],
  );
  const report = await verifyRepository(repo, keyringOf(repo));
  t.deepEqual(report.problems, []);
});

test('suites are apart, and share the packages', async (t) => {
  const { key, first, second } = t.context;
  const repo = await copyOf(t, t.context.repo);
  const stable = (await digests(repo))['dists/stable/InRelease'];
  await make(key, repo, [first, second], { suites: ['testing', 'trixie'], label: 'Acme Xen' });
  const files = await digests(repo);
  t.is(files['dists/stable/InRelease'], stable);
  t.is(
    files['rpm/testing/Packages/k/kr-one-1.0-1.noarch.rpm'],
    files['rpm/stable/Packages/k/kr-one-1.0-1.noarch.rpm'],
  );
  const release = await readFile(join(repo, 'dists/trixie/Release'), 'utf8');
  t.regex(release, /^Codename: trixie$/m);
  t.regex(release, /^Label: Acme Xen$/m);
  const { suites, problems } = await verifyRepository(repo, keyringOf(repo));
  t.deepEqual(problems, []);
  t.deepEqual(
    suites.map(({ kind, suite, packages }) => `${kind} ${suite} ${packages}`),
    [
      'apt stable 1',
      'apt testing 2',
      'apt trixie 2',
      'yum stable 1',
      'yum testing 2',
      'yum trixie 2',
    ],
  );
});

test('the same name and version with other content is refused, and nothing is changed', async (t) => {
  const { key } = t.context;
  const repo = await copyOf(t, t.context.repo);
  const before = await digests(repo);
  const other = await temporaryDirectory(t);
  const sample = { name: 'kr-one', version: '1.0', content: 'other' };
  await makeDebOf(other, sample);
  await makeRpmOf(other, sample);
  for (const kind of ['deb', 'rpm']) {
    const file = (await listFiles(other)).find(
      (path) => /^[^/]*$/.test(path) && path.endsWith(kind),
    );
    const made = make(key, repo, [join(other, file ?? '')], { suites: ['testing'] });
    const error = await t.throwsAsync(made, { instanceOf: KronosErrors });
    t.is(error.errors[0]?.code, 'input/package-differs', kind);
  }
  t.deepEqual(await digests(repo), before);
});

test('an RPM package that somebody else signed is the same package', async (t) => {
  const { key, first } = t.context;
  const repo = await copyOf(t, t.context.repo);
  const file = join(await temporaryDirectory(t), 'kr-one.rpm');
  await copyFile(join(first, 'kr-one-1.0-1.noarch.rpm'), file);
  process.env['GNUPGHOME'] = key.home;
  const fingerprint = 'test@mirror.example';
  await signRpm(file, { fingerprint, created: 0 }, Math.floor(Date.now() / 1000) + 5);
  const made = await make(key, repo, [file]);
  t.deepEqual(made.written, []);
  t.deepEqual(made.suites[0]?.present, ['kr-one-1.0-1.noarch']);
});

test('what was changed since it was signed is not signed again, and verify names it', async (t) => {
  const { key, second } = t.context;
  const spoil: readonly [string, string, string[]][] = [
    ['pool/main/k/kr-one/kr-one_1.0_all.deb', 'append', ['changed-file pool/']],
    ['rpm/stable/Packages/k/kr-one-1.0-1.noarch.rpm', 'append', ['changed-file rpm/']],
    ['rpm/stable/repodata/repomd.xml', 'append', ['signature rpm/']],
    ['dists/stable/InRelease', 'text', ['signature dists/']],
    ['pool/main/k/kr-one/kr-one_1.0_all.deb', 'remove', ['missing-file pool/']],
  ];
  for (const [path, how, expected] of spoil) {
    const repo = await copyOf(t, t.context.repo);
    const file = join(repo, path);
    if (how === 'append') await appendFile(file, '\n');
    else if (how === 'remove') await unlink(file);
    else
      await writeFile(
        file,
        (await readFile(file, 'utf8')).replace('Origin: Kronos', 'Origin: kronos'),
      );
    const { problems } = await verifyRepository(repo, keyringOf(repo));
    const found = problems.map((problem) => `${problem.name} ${problem.file}`);
    t.true(
      expected.every((start) => found.some((one) => one.startsWith(start))),
      found.join(),
    );
    const before = await digests(repo);
    const error = await t.throwsAsync(make(key, repo, [second]), { instanceOf: KronosErrors });
    t.is(error.class, 'verification', path);
    t.deepEqual(await digests(repo), before, path);
  }
});

test('a run that was cut between an index and its signature is gone on from', async (t) => {
  const { key, second } = t.context;
  const repo = await copyOf(t, t.context.repo);
  const whole = await copyOf(t, t.context.repo);
  await make(key, whole, [second]);
  const asc = 'rpm/stable/repodata/repomd.xml.asc';
  await copyFile(join(whole, asc), join(repo, asc));
  await make(key, repo, [second]);
  t.deepEqual(await digests(repo), await digests(whole));
});

test('a run that is killed leaves the old or the new index, whole, and the next one ends it', async (t) => {
  const { key, second } = t.context;
  const whole = await copyOf(t, t.context.repo);
  const started = performance.now();
  const environment = { ...process.env, GNUPGHOME: key.home } as Record<string, string>;
  const update = (directory: string) =>
    start(
      [
        process.execPath,
        PROGRAM,
        'repo',
        'make',
        directory,
        '--key',
        'test@mirror.example',
        second,
      ],
      { environment, stdout: 'ignore', stderr: 'ignore' },
    );
  t.is(await update(whole).done, 0);
  const seconds = (performance.now() - started) / 1000;
  for (const part of [0.4, 0.6, 0.8, 0.95]) {
    const repo = await copyOf(t, t.context.repo);
    const child = update(repo);
    await sleep(part * seconds * 1000);
    child.kill('SIGKILL');
    await child.done;
    const { problems } = await verifyRepository(repo, keyringOf(repo));
    // Release and Release.gpg are written before InRelease, and only old clients read them.
    const serious = problems.filter(({ file }) => file !== 'dists/stable/Release');
    t.deepEqual(serious, [], String(part));
    await make(key, repo, [second]);
    t.deepEqual(await digests(repo), await digests(whole), String(part));
  }
});

test('what cannot be done is told before anything is written', async (t) => {
  const { key, first } = t.context;
  const base = await temporaryDirectory(t);
  const repo = join(base, 'repo');
  const cut = join(base, 'cut.rpm');
  await writeFile(cut, (await readFile(join(first, 'kr-one-1.0-1.noarch.rpm'))).subarray(0, -9));
  await writeFile(join(base, 'bad.deb'), 'not a package');
  await writeFile(join(base, 'text'), '');
  await mkdir(join(base, 'nothing'));
  const cases: readonly [string[], string][] = [
    [[cut], 'verification/bad-rpm'],
    [[join(base, 'bad.deb')], 'verification/bad-deb'],
    [[join(base, 'text')], 'input/not-a-package'],
    [[join(base, 'nothing')], 'input/no-packages'],
    [[join(base, 'missing')], 'input/file-missing'],
    [[], 'input/no-packages'],
  ];
  for (const [packages, code] of cases)
    await t.throwsAsync(make(key, repo, packages), { code }, packages.join());
  const unknown = make(key, repo, [first], { key: 'nobody@mirror.example' });
  await t.throwsAsync(unknown, { code: 'input/signing-key' });
  t.deepEqual(await listFiles(repo), []);
  await t.throwsAsync(verifyRepository(repo, keyringOf(t.context.repo)), {
    code: 'input/no-repository',
  });
});

test('two runs in one repository do not meet', async (t) => {
  const { key, second } = t.context;
  const repo = await copyOf(t, t.context.repo);
  const lock = await takeLock('test', join(repo, '.kronos-lock'));
  await t.throwsAsync(make(key, repo, [second]), { code: 'host/busy' });
  if ('release' in lock) await lock.release();
  t.deepEqual(await digests(repo), await digests(t.context.repo));
});
