import test from 'ava';
import { join } from 'node:path';
import { readDebDirectory } from '../../../src/builder/apt/local.ts';
import { formatError } from '../../../src/common/error.ts';
import { run } from '../../../src/common/process.ts';
import { compareWithGolden } from '../../golden.ts';
import { temporaryDirectory } from '../../temporary.ts';
import {
  makeComponent,
  makeTree,
  ownVersions,
  SUITE,
  tryPackages,
  writeRecipe,
} from './workshop.ts';

test('a file tree becomes packages that apt resolves, dpkg installs and that run; twice the same', async (t) => {
  const directory = await temporaryDirectory(t);
  const recipes = [await writeRecipe(directory)];
  await makeTree(join(directory, 'dest'));
  // The same tree, copied by another hand: other dates of directories, another owner and umask.
  await run([
    'cp',
    '-r',
    '--preserve=mode,links',
    join(directory, 'dest'),
    join(directory, 'copy'),
  ]);
  await run(['chmod', '-R', 'g+w', join(directory, 'copy')]);
  const [first, second] = await Promise.all(
    [
      ['dest', 'one'],
      ['copy', 'two'],
    ].map(([from = '', out = '']) =>
      makeComponent({
        ...{ from: [join(directory, from)], recipes, out: join(directory, out) },
        ...{ version: '2:1.0-1', epoch: 1_700_000_000 },
      }),
    ),
  );
  t.deepEqual(first?.packages, second?.packages);
  t.deepEqual(
    first?.packages.map((one) => ({ ...one, sha256: '', size: 0 })),
    [
      {
        ...{ name: 'libprobelzma5', version: '2:1.0-1', architecture: 'amd64', files: 3 },
        ...{ file: 'libprobelzma5_1.0-1_amd64.deb', sha256: '', size: 0, units: [] },
        depends: first?.packages[0]?.depends ?? [],
      },
      {
        ...{ name: 'probe-tools', version: '2:1.0-1', architecture: 'amd64', files: 5 },
        ...{ file: 'probe-tools_1.0-1_amd64.deb', sha256: '', size: 0, units: ['probe.service'] },
        depends: first?.packages[1]?.depends ?? [],
      },
    ],
  );
  t.regex(first?.packages[0]?.depends.join() ?? '', /^libc6 \(>= 2\.\d+\)$/);
  const depends = first?.packages[1]?.depends ?? [];
  t.true(depends.includes('libprobelzma5 (= 2:1.0-1)'), depends.join());
  t.true(depends.includes('python3') && depends.includes('passwd'), depends.join());
  t.false(
    depends.some((one) => one.startsWith('liblzma5')),
    depends.join(),
  );
  t.is(first?.edits.length, 1);
  t.deepEqual(first?.taken, []);
  t.deepEqual(first?.narrowed, []);
  t.true((second?.narrowed.length ?? 0) > 0);

  const tried = await tryPackages(directory, join(directory, 'one'), {
    packages: ['libprobelzma5', 'probe-tools'],
    run: ['/usr/bin/probe-link', '--version'],
    links: ['/etc/systemd/system/multi-user.target.wants/probe.service'],
    groups: ['probers'],
  });
  // Not the library of the suite, which is newer or older.
  t.is(tried.stdout, await ownVersions());
  t.is(
    tried.status,
    'libprobelzma5 2:1.0-1 install ok installed\nprobe-tools 2:1.0-1 install ok installed',
  );
  t.regex(tried.links.join(), /^(?:\/usr)?\/lib\/systemd\/system\/probe\.service$/);
  t.regex(tried.groups, /^probers:/);

  // Another version of the same packages beside them would leave the choice to apt.
  await t.throwsAsync(
    makeComponent({
      from: [join(directory, 'dest')],
      ...{ recipes, out: join(directory, 'one'), version: '3-1' },
    }),
    { code: 'input/other-version' },
  );
  t.is((await readDebDirectory(join(directory, 'one'))).length, 2);
});

test('a library that the suite lacks is named before anything is built', async (t) => {
  const directory = await temporaryDirectory(t);
  await makeTree(join(directory, 'dest'), true);
  const error = await t.throwsAsync(
    makeComponent({
      from: [join(directory, 'dest')],
      recipes: [await writeRecipe(directory)],
      out: join(directory, 'out'),
      version: '1-1',
    }),
    { code: 'dependency/library-missing' },
  );
  t.is(SUITE, 'trixie');
  await compareWithGolden(t, import.meta.url, 'library-missing.txt', `${formatError(error)}\n`);
});

test('a file tree needs a version', async (t) => {
  const directory = await temporaryDirectory(t);
  await makeTree(join(directory, 'dest'));
  const recipes = [await writeRecipe(directory)];
  const options = { from: [join(directory, 'dest')], recipes, out: join(directory, 'out') };
  await t.throwsAsync(makeComponent(options), { code: 'input/version-missing' });
  await t.throwsAsync(makeComponent({ ...options, version: 'v1' }), { code: 'input/version' });
  await t.throwsAsync(makeComponent({ ...options, recipe: 'base' }), { code: 'input/no-split' });
  await t.throwsAsync(makeComponent({ ...options, recipe: 'prob' }), {
    code: 'input/unknown-recipe',
    message: /prob/,
  });
  await t.throwsAsync(makeComponent({ ...options, from: [join(directory, 'none')] }), {
    code: 'input/file-missing',
  });
});
