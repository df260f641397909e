import test from 'ava';
import { join } from 'node:path';
import { edition, recipe, select, writeTree } from './files.ts';

const ORIGINS = 'origins: { distribution: { type: distribution, components: [main] } }\n';

test('requirements come first, otherwise the order of the edition', async (t) => {
  const directory = await writeTree(t, {
    ...edition(['c', 'a', 'd']),
    ...recipe('a', 'requires: [base]\n'),
    ...recipe('base'),
    ...recipe('c', 'requires: [a]\n'),
    ...recipe('d', 'requires: [e, base]\n'),
    ...recipe('e'),
    ...recipe('unused'),
  });
  const { recipes } = await select([directory]);
  t.deepEqual(
    recipes.map(({ name }) => name),
    ['base', 'a', 'c', 'e', 'd'],
  );
});

test('packages, files and links are chosen by suite and architecture', async (t) => {
  const directory = await writeTree(t, {
    ...edition(['a']),
    ...recipe(
      'a',
      [
        'packages:',
        '  - always',
        '  - { name: here, version: "1:2-3", suites: [trixie], architectures: [amd64] }',
        '  - { name: elsewhere, suites: [bookworm] }',
        '  - { name: otherwise, architectures: [arm64] }',
        'files:',
        '  - { path: /etc/x, content: new, suites: [trixie] }',
        '  - { path: /etc/x, content: old, suites: [bookworm], mode: "0600" }',
        'links:',
        '  - { path: /etc/y, target: x, architectures: [arm64] }',
        '',
      ].join('\n'),
    ),
  });
  const [only] = (await select([directory])).recipes;
  t.deepEqual(
    only?.packages.map(({ name, version }) => [name, version]),
    [
      ['always', undefined],
      ['here', '1:2-3'],
    ],
  );
  t.like(only?.packages[1]?.location, { line: 5, column: 5 });
  t.deepEqual(only?.files, [
    {
      path: '/etc/x',
      text: 'new',
      mode: 0o644,
      location: { file: join(directory, 'a/recipe.yaml'), line: 9, column: 5 },
    },
  ]);
  t.deepEqual(only?.links, []);
});

test('templates see the variables of the edition and of the build', async (t) => {
  const directory = await writeTree(t, {
    ...edition(['a'], 'variables: { brand: Kronos }\n'),
    ...recipe(
      'a',
      'files:\n  - { path: /etc/motd, template: files/motd.hbs }\n  - { path: /etc/raw, content: "{{brand}}" }\n  - { path: /etc/copy, source: files/motd.hbs, mode: "0755" }\n',
    ),
    'a/files/motd.hbs':
      '{{brand}} {{version}} {{edition}} {{suite}} {{architecture}} {{toolstack}}\n',
  });
  const [only] = (await select([directory])).recipes;
  t.regex(only?.files[0]?.text ?? '', /^Kronos \d+\.\d+\.\d+ test trixie amd64 xl\n$/);
  t.is(only?.files[1]?.text, '{{brand}}');
  t.is(only?.files[2]?.source, join(directory, 'a/files/motd.hbs'));
  t.is(only?.files[2]?.mode, 0o755);
});

test('a recipe of a later directory replaces one of the same name, files and all', async (t) => {
  const ours = await writeTree(t, {
    ...edition(['a', 'b']),
    ...recipe('a', 'files:\n  - { path: /etc/x, content: ours }\n'),
    ...recipe('b'),
  });
  const theirs = await writeTree(t, recipe('a', 'files:\n  - { path: /etc/x, content: theirs }\n'));
  const { recipes } = await select([ours, theirs]);
  t.is(recipes[0]?.files[0]?.text, 'theirs');
  t.is(recipes[0]?.directory, join(theirs, 'a'));
  t.is(recipes[1]?.directory, join(ours, 'b'));
});

test('an edition of a later directory replaces one of the same name', async (t) => {
  const ours = await writeTree(t, { ...edition(['a', 'b']), ...recipe('a'), ...recipe('b') });
  const theirs = await writeTree(t, edition(['b']));
  t.deepEqual(
    (await select([ours, theirs])).recipes.map(({ name }) => name),
    ['b'],
  );
});

test('optional recipes come in by --with or by their origin', async (t) => {
  const directory = await writeTree(t, {
    ...edition(['a'], `optional: [xapi, firmware]\n${ORIGINS}`),
    ...recipe('a'),
    ...recipe('firmware', 'components: [non-free-firmware]\npackages: [firmware-bnx2]\n'),
    ...recipe('xapi', 'origin: xapi\npackages: [xapi-core]\n'),
    ...recipe('mine'),
  });
  const plain = await select([directory]);
  t.deepEqual(
    plain.recipes.map(({ name }) => name),
    ['a'],
  );
  t.deepEqual(plain.edition.origins, {
    distribution: { type: 'distribution', components: ['main'] },
  });
  t.is(plain.toolstack.name, 'xl');
  t.regex(plain.toolstack.reason, /--origin xapi=SPEC/);

  const more = await select([directory], { with: ['firmware', 'mine', 'a'] });
  t.deepEqual(
    more.recipes.map(({ name }) => name),
    ['a', 'firmware', 'mine'],
  );
  t.deepEqual(more.edition.origins, {
    distribution: { type: 'distribution', components: ['main', 'non-free-firmware'] },
  });

  const origin = { type: 'directory', path: '/debs' } as const;
  const xapi = await select([directory], { origins: { xapi: origin } });
  t.deepEqual(
    xapi.recipes.map(({ name }) => name),
    ['a', 'xapi'],
  );
  t.deepEqual(xapi.edition.origins['xapi'], origin);
  t.is(xapi.toolstack.name, 'xapi');
  t.is(xapi.recipes[1]?.origin, 'xapi');
});

test('an origin named like a recipe feeds that recipe', async (t) => {
  const directory = await writeTree(t, {
    ...edition(['xen', 'b']),
    ...recipe('xen', 'packages: [xen-system-amd64]\n'),
    ...recipe('b'),
  });
  const origins = { xen: { type: 'deb-src', source: 'xen', suite: 'sid' } } as const;
  const { recipes } = await select([directory], { origins });
  t.deepEqual(
    recipes.map(({ origin }) => origin),
    ['xen', 'distribution'],
  );
});

test('an edition without the recipe xapi says so', async (t) => {
  const directory = await writeTree(t, { ...edition(['a']), ...recipe('a') });
  t.deepEqual((await select([directory])).toolstack, {
    name: 'xl',
    reason: 'the edition test does not have the recipe xapi',
  });
});

test('paths in the origins of an edition count from its file', async (t) => {
  const directory = await writeTree(t, {
    ...edition(
      ['a'],
      'origins:\n  a: { type: directory, path: ../debs }\n  b: { type: apt, url: "https://mirror.example/b", suite: stable, components: [main], key: b.asc }\n',
    ),
    ...recipe('a'),
  });
  const { origins } = (await select([directory])).edition;
  t.deepEqual(origins['a'], { type: 'directory', path: join(directory, 'debs') });
  t.like(origins['b'], { key: join(directory, 'editions/b.asc') });
});

test('directories without recipe.yaml are not recipes', async (t) => {
  const directory = await writeTree(t, {
    ...edition(['a']),
    ...recipe('a'),
    'notes/readme.txt': 'x',
    'locks/x.yaml': 'x',
  });
  t.deepEqual(
    (await select([directory])).recipes.map(({ name }) => name),
    ['a'],
  );
});
