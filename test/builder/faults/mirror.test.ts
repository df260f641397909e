// Mirrors and wishes that cannot be fulfilled, through the command line. What apt and the store do about each fault is
// tested beside them; here it is what a person reads, the exit code, and that nothing is left.
import test, { type ExecutionContext } from 'ava';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestFile } from '../../../src/common/digest.ts';
import { exists, listFiles } from '../../../src/common/files.ts';
import { compareWithGolden } from '../../golden.ts';
import {
  dropKey,
  makeKey,
  TestRepository,
  type SigningKey,
  type TestPackage,
} from '../apt/repository.ts';
import { enclosed } from './enclosure.ts';
import { complaint, kronos, Leftovers, startKronos, succeed } from './kronos.ts';

let key: SigningKey;

test.before(async () => {
  key = await makeKey();
});

test.after.always(async () => {
  await dropKey(key);
});

const PACKAGES: readonly TestPackage[] = [
  { name: 'bash', version: '5.2-1', control: { Essential: 'yes' } },
  { name: 'xen', version: '4.20-1', bytes: 600_000 },
  { name: 'exim', version: '1', control: { Conflicts: 'postfix' } },
  { name: 'postfix', version: '1' },
];

interface Scene {
  directory: string;
  repository: TestRepository;
  cache: string;
  lockFile: string;
  /** Options that every command of the scene gets. */
  options: string[];
  ask: (packages: readonly string[]) => Promise<void>;
}

async function withScene(
  t: ExecutionContext,
  work: (scene: Scene) => Promise<void>,
): Promise<void> {
  t.timeout(300_000);
  const repository = await TestRepository.start();
  const directory = await mkdtemp(join(tmpdir(), 'kronos-mirror-'));
  const leftovers = await Leftovers.watch(directory);
  const recipes = join(directory, 'recipes');
  const cache = join(directory, 'cache');
  try {
    await repository.publishDistribution(PACKAGES, { key });
    await mkdir(join(recipes, 'editions'), { recursive: true });
    await mkdir(join(recipes, 'mini'));
    await writeFile(
      join(recipes, 'editions/mini.yaml'),
      'edition: mini\nsummary: Mini\nsuite: trixie\narchitecture: amd64\nrecipes: [mini]\norigins:\n  distribution: { type: distribution, components: [main] }\n',
    );
    await work({
      ...{ directory, repository, cache },
      lockFile: join(recipes, 'locks/mini-amd64.lock.yaml'),
      options: [
        ...['mini', '--recipes', recipes, '--cache', cache],
        ...['--mirror', `${repository.url}/debian`, '--keyring', key.binary],
      ],
      ask: (packages) =>
        writeFile(
          join(recipes, 'mini/recipe.yaml'),
          `recipe: mini\nsummary: Mini\npackages:\n${packages.map((name) => `  - ${name}\n`).join('')}`,
        ),
    });
    t.deepEqual(await leftovers.list(), []);
  } finally {
    await repository.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

test('a package that nobody has, and a set that cannot be', async (t) => {
  await withScene(t, async ({ options, ask, lockFile, directory }) => {
    const told: string[] = [];
    for (const packages of [
      ['bash', 'xenn'],
      ['exim', 'postfix'],
    ]) {
      await ask(packages);
      const ended = await kronos(['lock', ...options]);
      t.is(ended.status, 2, ended.stderr);
      const said = complaint(ended, { directory });
      // apt's own words differ from version to version.
      told.push(`# ${packages.join(' ')}\n${said.replace(/(\n {4}\S.*)+/, '\n    <reasons>')}`);
      if (packages.includes('exim')) t.regex(said, /\n {4}.*(exim|postfix)/);
      t.false(await exists(lockFile));
    }
    await compareWithGolden(t, import.meta.url, 'unfulfillable.txt', told.join('\n'));
  });
});

test('a mirror that is not there', async (t) => {
  await withScene(t, async ({ options, ask, lockFile, directory, repository }) => {
    await ask(['xen']);
    const away = options.map((option) =>
      option.startsWith(repository.url) ? 'http://127.0.0.1:9/debian' : option,
    );
    const unlocked = await kronos(['lock', ...away]);
    t.is(unlocked.status, 4, unlocked.stderr);
    t.false(await exists(lockFile));
    await succeed(t, ['lock', ...options]);
    const out = join(directory, 'out');
    const unfetched = await kronos(['build', ...away, '--out', out]);
    t.is(unfetched.status, 4, unfetched.stderr);
    t.deepEqual(await readdir(out).catch(() => []), []);
    const told = [unlocked, unfetched].map((ended) =>
      complaint(ended, { directory }).replace(/(does not answer:).*/g, '$1 <reason>'),
    );
    await compareWithGolden(t, import.meta.url, 'no-mirror.txt', told.join('\n'));
  });
});

test('killed in the middle of a download, the next run goes on in the middle', async (t) => {
  await withScene(t, async ({ options, ask, cache, directory, repository }) => {
    await ask(['xen']);
    await succeed(t, ['lock', ...options]);
    const path = await repository.debPath('xen');
    repository.faults.set(path, { kind: 'stall', after: 300_000 });
    const bundle = join(directory, 'mini.tar');
    const running = startKronos(['bundle', 'export', ...options, '--out', bundle]);
    const incoming = join(cache, 'blobs/incoming');
    const arrived = async (): Promise<boolean> => {
      const files = (await exists(incoming)) ? await listFiles(incoming) : [];
      return files.some((file) => file.endsWith('.part'));
    };
    for (let round = 0; round < 300 && !(await arrived()); round += 1) await sleep(100);
    // What apt has read it writes at once.
    await sleep(500);
    const leftovers = await Leftovers.watch(directory);
    leftovers.note(running);
    running.process.kill('SIGKILL');
    await running.ended;
    t.deepEqual(await leftovers.list(), []);
    t.false(await exists(bundle));
    repository.faults.clear();
    repository.requests.length = 0;
    await succeed(t, ['bundle', 'export', ...options, '--out', bundle]);
    t.regex(repository.requests.join('\n'), /xen_4\.20-1_amd64\.deb from [1-9]\d+/);
    for (const file of await listFiles(join(cache, 'blobs'))) {
      t.is(await digestFile(join(cache, 'blobs', file)), file.replace('/', ''));
    }
  });
});

test('places that cannot be used', async (t) => {
  await withScene(t, async ({ options, ask, directory }) => {
    await ask(['bash']);
    await succeed(t, ['lock', ...options]);
    const file = join(directory, 'file');
    const sealed = join(directory, 'sealed');
    await writeFile(file, '');
    await mkdir(sealed);
    const before = enclosed('mount -t tmpfs -o ro tmpfs "$1"', [sealed]);
    const told: string[] = [];
    for (const place of [join(file, 'below'), file, join(sealed, 'below')]) {
      const ended = await kronos(['build', ...options, '--cache', place], { before });
      t.is(ended.status, 4, ended.stderr);
      told.push(complaint(ended, { directory }));
    }
    await compareWithGolden(t, import.meta.url, 'places.txt', told.join('\n'));
  });
});
