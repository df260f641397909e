// Resolution against a real repository on loopback: apt, signatures and all.
import test from 'ava';
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SILENT } from '../../../src/common/progress.ts';
import type { KronosError } from '../../../src/common/error.ts';
import type { Recipe, OriginSpec } from '../../../src/builder/recipe/recipe.ts';
import { checkLock, lockEdition } from '../../../src/builder/lock/edition.ts';
import { formatChange } from '../../../src/builder/lock/diff.ts';
import { readLock } from '../../../src/builder/lock/read.ts';
import { BlobStore } from '../../../src/builder/store/blobs.ts';
import {
  dropKey,
  makeDeb,
  makeKey,
  TestRepository,
  type PublishOptions,
  type SigningKey,
  type TestPackage,
} from '../apt/repository.ts';
import { makeRecipe, makeSelection } from '../apt/selection.ts';

let key: SigningKey;
let otherKey: SigningKey;

test.before(async () => {
  [key, otherKey] = await Promise.all([makeKey(), makeKey()]);
});

test.after.always(async () => {
  await Promise.all([dropKey(key), dropKey(otherKey)]);
});

const BASE: readonly TestPackage[] = [
  { name: 'libc6', version: '2.41-1' },
  { name: 'bash', version: '5.2-1', control: { Essential: 'yes', Depends: 'libc6 (>= 2.40)' } },
  { name: 'mawk', version: '1.3', control: { Priority: 'required', Provides: 'awk' } },
  { name: 'xen', version: '4.20-1', control: { Depends: 'libxen (= 4.20-1), libc6' } },
  { name: 'libxen', version: '4.20-1', control: { Source: 'xen' } },
  { name: 'parted', version: '3.6-1', control: { Depends: 'libparted, libc6' } },
  { name: 'libparted', version: '3.6-1', control: { Source: 'parted' } },
  { name: 'squashfs', version: '1:4.6+ds-1', control: { Depends: 'libc6' } },
  { name: 'exim', version: '1', control: { Conflicts: 'postfix' } },
  { name: 'postfix', version: '1' },
];

interface Scene {
  repository: TestRepository;
  /** Locks the recipes; options as `lockEdition` has them. */
  lock: (
    recipes: readonly Recipe[],
    extras?: {
      update?: string[];
      origins?: Record<string, OriginSpec>;
      keyring?: string;
      mirror?: string;
    },
  ) => ReturnType<typeof lockEdition>;
  check: (recipes: readonly Recipe[]) => ReturnType<typeof checkLock>;
  file: string;
  directory: string;
}

async function withScene(
  work: (scene: Scene) => Promise<void>,
  options: PublishOptions & {
    packages?: readonly TestPackage[];
    security?: readonly TestPackage[];
  } = {},
): Promise<void> {
  const repository = await TestRepository.start();
  const directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  const file = join(directory, 'test-amd64.lock.yaml');
  try {
    const { packages = BASE, ...rest } = options;
    await repository.publishDistribution(packages, { key, ...rest });
    const base = { cache: join(directory, 'a cache'), file };
    await work({
      repository,
      directory,
      file,
      lock: (recipes, { origins = {}, ...extras } = {}) =>
        lockEdition(
          {
            ...base,
            mirror: `${repository.url}/debian`,
            keyring: key.binary,
            ...extras,
            selection: makeSelection(recipes, origins),
          },
          SILENT,
        ),
      check: (recipes) =>
        checkLock(
          {
            ...base,
            mirror: `${repository.url}/debian`,
            keyring: key.file,
            selection: makeSelection(recipes),
          },
          SILENT,
        ),
    });
  } finally {
    await repository.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function refusal(promise: Promise<unknown>): Promise<KronosError> {
  try {
    await promise;
  } catch (error) {
    return error as KronosError;
  }
  throw new Error('nothing was refused');
}

const RECIPES = [
  makeRecipe('base', ['bash']),
  makeRecipe('xen', ['xen']),
  makeRecipe('live', ['parted', 'xen'], { layer: 'live' }),
  makeRecipe('tools', ['squashfs'], { layer: 'tools' }),
];

test.serial('layers are resolved, attributed and locked', async (t) => {
  await withScene(async ({ lock, file }) => {
    const result = await lock(RECIPES);
    t.true(result.written);
    t.deepEqual(
      result.lock.packages.map(
        (one) =>
          `${one.layer} ${one.name} ${one.version} ${one.recipe}${one.asked ? ' asked' : ''} ${one.origin}`,
      ),
      [
        'host bash 5.2-1 base asked debian',
        'host libc6 2.41-1 base debian',
        'host libxen 4.20-1 xen debian',
        'host mawk 1.3 base debian',
        'host xen 4.20-1 xen asked debian',
        'live libparted 3.6-1 live debian',
        'live parted 3.6-1 live asked debian',
        'tools libc6 2.41-1 tools debian',
        'tools squashfs 1:4.6+ds-1 tools asked debian',
      ],
    );
    t.is(result.lock.epoch, Date.UTC(2026, 10, 14, 12) / 1000);
    t.deepEqual(await readLock(file), result.lock);
    const before = await readFile(file, 'utf8');
    const again = await lock(RECIPES);
    t.false(again.written, 'nothing changed, nothing is written');
    t.is(await readFile(file, 'utf8'), before);
  });
});

test.serial('updates: everything, only what is named, what the suite has newer', async (t) => {
  const newer: TestPackage[] = BASE.map((one) =>
    one.name === 'bash' ? { ...one, version: '5.3-1' } : one,
  )
    .map((one) =>
      one.name === 'parted' || one.name === 'libparted' ? { ...one, version: '3.7-1' } : one,
    )
    .map((one) =>
      one.name === 'parted' ? { ...one, control: { Depends: 'libparted (= 3.7-1), libc6' } } : one,
    );
  const fix: TestPackage = {
    name: 'xen',
    version: '4.20-1+deb13u1',
    control: { Depends: 'libxen (= 4.20-1), libc6' },
  };
  await withScene(async ({ lock, check, repository }) => {
    await lock(RECIPES);
    await repository.publishDistribution([...BASE, ...newer], {
      key,
      date: 'Sun, 15 Nov 2026 12:00:00 UTC',
      security: [fix],
    });
    t.deepEqual(
      (await check(RECIPES)).map(
        (one) => `${one.name} ${one.locked} ${one.newest} ${one.security}`,
      ),
      [
        'xen 4.20-1 4.20-1+deb13u1 true',
        'bash 5.2-1 5.3-1 false',
        'libparted 3.6-1 3.7-1 false',
        'parted 3.6-1 3.7-1 false',
      ],
    );
    const part = await lock(RECIPES, { update: ['parted'] });
    t.deepEqual(part.changes.map(formatChange), [
      '  libparted 3.6-1 -> 3.7-1',
      '  parted 3.6-1 -> 3.7-1',
    ]);
    const all = await lock(RECIPES, {});
    t.deepEqual(all.changes.map(formatChange), [
      '  bash 5.2-1 -> 5.3-1',
      '  xen 4.20-1 -> 4.20-1+deb13u1',
    ]);
    t.is(all.lock.packages.find((one) => one.name === 'xen')?.origin, 'debian-security');
    const error = await refusal(lock(RECIPES, { update: ['partd'] }));
    t.like(error, { code: 'input/unknown-package', hint: 'did you mean parted?' });
  });
});

test.serial(
  'a package that nobody has is refused with the nearest name, at its place',
  async (t) => {
    await withScene(async ({ lock }) => {
      const error = await refusal(lock([makeRecipe('base', ['bsah'])]));
      t.is(error.code, 'input/unknown-package');
      t.is(error.hint, 'did you mean bash?');
      t.deepEqual(error.location, { file: 'recipes/base/recipe.yaml', line: 3, column: 5 });
      t.is((await refusal(lock([makeRecipe('base', ['bash=4'])]))).code, 'input/unknown-version');
      t.is(
        (await refusal(lock([makeRecipe('base', ['awk'])]))).hint,
        'it is provided by others only: name one of them',
      );
    });
  },
);

test.serial("a set that cannot be installed is refused with apt's reasons", async (t) => {
  await withScene(async ({ lock, file }) => {
    const error = await refusal(lock([makeRecipe('base', ['exim', 'postfix'])]));
    t.is(error.code, 'input/unsatisfiable');
    t.regex(error.message, /exim : Conflicts: postfix/);
    await t.throwsAsync(readFile(file), undefined, 'nothing was written');
  });
});

test.serial('what the medium asks for cannot move what the host has', async (t) => {
  const packages: TestPackage[] = [
    ...BASE,
    { name: 'tool', version: '1', control: { Conflicts: 'xen' } },
  ];
  await withScene(
    async ({ lock }) => {
      const error = await refusal(
        lock([...RECIPES.slice(0, 2), makeRecipe('live', ['tool'], { layer: 'live' })]),
      );
      t.is(error.code, 'input/unsatisfiable');
      t.regex(error.message, /layer live/);
    },
    { packages },
  );
});

test.serial('an index that is not signed is refused', async (t) => {
  await withScene(
    async ({ lock }) => {
      t.is((await refusal(lock(RECIPES))).code, 'verification/index-signature');
    },
    { key: undefined },
  );
});

test.serial('an index that is signed by another key is refused', async (t) => {
  await withScene(async ({ lock }) => {
    t.is(
      (await refusal(lock(RECIPES, { keyring: otherKey.file }))).code,
      'verification/index-signature',
    );
  });
});

test.serial(
  'an index that was changed after signing is refused, also when a good one was used before',
  async (t) => {
    await withScene(async ({ lock, repository }) => {
      await lock(RECIPES);
      await repository.publish([...BASE, { name: 'nano', version: '1' }], {
        key,
        date: 'Sun, 15 Nov 2026 12:00:00 UTC',
        tamper: (text) => text.replace('4.20-1', '4.20-6'),
      });
      t.is((await refusal(lock(RECIPES))).code, 'verification/index-digest');
    });
  },
);

test.serial('a mirror that does not answer, and one without the suite', async (t) => {
  await withScene(async ({ lock, repository }) => {
    const closed = await refusal(lock(RECIPES, { mirror: 'http://127.0.0.1:9/debian' }));
    t.is(closed.code, 'io/mirror-unreachable');
    t.is(
      (await refusal(lock(RECIPES, { mirror: `${repository.url}/nothing` }))).code,
      'input/unknown-suite',
    );
    repository.faults.set('/debian/dists/trixie/InRelease', { kind: 'status', status: 503 });
    t.is((await refusal(lock(RECIPES))).code, 'io/mirror-unreachable');
  });
});

test.serial(
  'another apt repository gives what is asked of it and leaves the rest alone',
  async (t) => {
    await withScene(async ({ lock, repository }) => {
      const extra: TestPackage[] = [
        { name: 'xapi', version: '26.1', control: { Depends: 'libxapi (= 26.1), bash' } },
        { name: 'libxapi', version: '26.1', control: { Source: 'xapi' } },
        { name: 'bash', version: '9.9-1', control: { Depends: 'libc6' } },
      ];
      await repository.publish(extra, { key: otherKey, archive: 'extra', suite: 'stable' });
      const origin: OriginSpec = {
        type: 'apt',
        url: `${repository.url}/extra/`,
        suite: 'stable',
        components: ['main'],
        key: otherKey.binary,
      };
      const recipes = [...RECIPES, makeRecipe('xapi', ['xapi'], { origin: 'xcp' })];
      const { lock: made } = await lock(recipes, { origins: { xcp: origin } });
      const from = Object.fromEntries(
        made.packages.map((one) => [one.name, `${one.version} ${one.origin}`]),
      );
      t.is(from['xapi'], '26.1 xcp');
      t.is(from['libxapi'], '26.1 xcp');
      t.is(from['bash'], '5.2-1 debian');
      t.like(made.origins['xcp'], { type: 'apt', url: `${repository.url}/extra`, suite: 'stable' });
      const unsigned = await refusal(
        lock(recipes, { origins: { xcp: { ...origin, key: key.file } } }),
      );
      t.is(unsigned.code, 'verification/index-signature');
    });
  },
);

test.serial('a directory of .deb files is an origin; its files are kept at once', async (t) => {
  await withScene(async ({ lock, directory }) => {
    const debs = join(directory, 'my debs+');
    await makeDeb(debs, { name: 'xapi', version: '26.2', control: { Depends: 'bash (>= 6)' } });
    await makeDeb(debs, { name: 'bash', version: '6.0-1', control: { Depends: 'libc6' } });
    const origins: Record<string, OriginSpec> = { mine: { type: 'directory', path: debs } };
    const recipes = [...RECIPES, makeRecipe('xapi', ['xapi'], { origin: 'mine' })];
    const { lock: made } = await lock(recipes, { origins });
    const xapi = made.packages.find((one) => one.name === 'xapi');
    t.like(xapi, { version: '26.2', origin: 'mine', path: 'xapi_26.2_amd64.deb' });
    t.is(made.packages.find((one) => one.name === 'bash')?.origin, 'mine');
    t.true(await new BlobStore(join(directory, 'a cache')).has(xapi?.sha256 ?? ''));
    t.deepEqual(made.origins['mine'], { type: 'directory' });
  });
});

test.serial('a directory with a broken .deb, without any, or not there is refused', async (t) => {
  await withScene(async ({ lock, directory }) => {
    const debs = join(directory, 'debs');
    const recipes = [...RECIPES, makeRecipe('xapi', ['xapi'], { origin: 'mine' })];
    const origins: Record<string, OriginSpec> = { mine: { type: 'directory', path: debs } };
    t.is((await refusal(lock(recipes, { origins }))).code, 'input/file-missing');
    await mkdir(debs);
    t.is((await refusal(lock(recipes, { origins }))).code, 'input/no-packages');
    const file = await makeDeb(debs, { name: 'xapi', version: '1', bytes: 4096 });
    await truncate(file, 6000);
    const cut = await refusal(lock(recipes, { origins }));
    t.is(cut.code, 'verification/bad-deb');
    t.regex(cut.message, /xapi_1_amd64\.deb.*ends in the middle of data\.tar/);
    await writeFile(file, 'not a package');
    t.regex((await refusal(lock(recipes, { origins }))).message, /does not start like one/);
    t.is((await refusal(lock(recipes))).code, 'input/unknown-origin');
  });
});
