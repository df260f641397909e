import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { digestOf } from '../../../src/common/digest.ts';
import { formatReleaseContents } from '../../../src/builder/image/contents-file.ts';
import { diffReleases, formatDiff } from '../../../src/builder/manifest/diff.ts';
import { findFirstDifference } from '../../../src/builder/manifest/first-difference.ts';
import { makeManifest } from '../../../src/builder/manifest/manifest.ts';
import { compareWithGolden } from '../../golden.ts';
import { items, layersOf, NAME, plainManifestInput } from './fixture.ts';

const before = { manifest: makeManifest(plainManifestInput()), layers: layersOf() };

function after(): typeof before {
  const input = plainManifestInput();
  const name = NAME.replace('0.1.0', '0.2.0');
  const packages = input.packages
    .filter((item) => item.name !== 'rescue-tools')
    .map((item) => (item.name === 'libc6' ? { ...item, version: '2.41-13' } : item))
    .map((item) => (item.name === 'libstdc++6' ? { ...item, sha256: digestOf('rebuilt') } : item));
  const [first] = packages;
  if (first !== undefined) packages.push({ ...first, name: 'zstd', version: '1.5.7' });
  const changed = items();
  changed.packages.push({
    path: '/usr/bin/zstd',
    content: 'z'.repeat(2000),
    owner: 'package:zstd',
  });
  for (const item of changed.packages) {
    if (item.path === '/usr/lib/libc.so.6') item.content = 'library\n'.repeat(400);
    if (item.path === '/usr/bin/editor') item.mode = 0o755;
    if (item.path === '/usr/bin/edit') item.target = '/usr/bin/editor';
  }
  changed['live-packages'] = changed['live-packages'].filter(
    ({ path }) => path !== '/usr/bin/rescue',
  );
  const artefacts = input.artefacts.map((file) => ({
    ...file,
    path: file.path.replace(NAME, name),
    ...(file.path.endsWith('.iso') ? { size: 3_000_000, sha256: digestOf('other') } : {}),
  }));
  return {
    manifest: makeManifest({
      ...{ ...input, name, packages, kronos: '0.2.0', lock: digestOf('other lock') },
      artefacts: [...artefacts, { path: 'disk.raw', size: 5000, sha256: digestOf('disk') }],
    }),
    layers: layersOf(changed),
  };
}

test('two releases differ in facts, packages, files and artefacts', async (t) => {
  const diff = diffReleases(before, after());
  t.false(diff.same);
  await compareWithGolden(t, import.meta.url, 'diff.txt', `${formatDiff(diff)}\n`);
  await compareWithGolden(t, import.meta.url, 'diff.json', `${JSON.stringify(diff, null, 2)}\n`);
});

test('a long list of files is cut and counted', (t) => {
  const changed = items();
  for (let index = 0; index < 5; index += 1)
    changed.host.push({ path: `/etc/${index}`, content: '' });
  const text = formatDiff(diffReleases(before, { ...before, layers: layersOf(changed) }), 2);
  t.regex(text, /\+ {2}\/etc\/1 .*\n {1}\+ {2}and 3 more/);
});

test('a release does not differ from itself', (t) => {
  const diff = diffReleases(before, before);
  t.true(diff.same);
  t.is(formatDiff(diff), `${NAME} and ${NAME} are the same, byte for byte.`);
});

test('the first difference of two builds is a path in a layer before the files that follow from it', async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'kronos-difference-'));
  try {
    const [a, b] = [join(base, 'a'), join(base, 'b')];
    await mkdir(join(a, 'pxe'), { recursive: true });
    const contents = `${NAME}.contents.jsonl`;
    await writeFile(join(a, contents), formatReleaseContents(layersOf()));
    await writeFile(join(a, `${NAME}.iso`), 'iso one');
    await writeFile(join(a, 'pxe/initrd'), 'initrd');
    await cp(a, b, { recursive: true });
    t.is(await findFirstDifference(a, b), undefined);
    // What publishing notes for itself names inodes, and is no part of a release.
    await writeFile(join(b, '.kronos-release.json'), '{}');
    t.is(await findFirstDifference(a, b), undefined);

    await writeFile(join(b, `${NAME}.iso`), 'iso two');
    t.deepEqual(await findFirstDifference(a, b), {
      ...{ path: `${NAME}.iso`, a: 'byte 4: 0x6f', b: 'byte 4: 0x74' },
      files: [`${NAME}.iso`],
    });
    await writeFile(join(b, 'pxe/initrd'), 'initrd and more');
    t.like(await findFirstDifference(a, b), {
      path: 'pxe/initrd',
      a: 'byte 6: end of file',
      b: 'byte 6: 0x20',
    });
    await rm(join(b, 'pxe/initrd'));
    t.like(await findFirstDifference(a, b), { path: 'pxe/initrd', a: 'a file', b: 'nothing' });

    const changed = items();
    for (const item of changed.packages)
      if (item.path === '/usr/bin/editor') item.content = 'other\n';
    await writeFile(join(b, contents), formatReleaseContents(layersOf(changed)));
    const difference = await findFirstDifference(a, b);
    t.is(difference?.path, 'packages:/usr/bin/editor');
    t.regex(difference?.a ?? '', /^size 8, sha256 /);
  } finally {
    await rm(base, { recursive: true, force: true });
  }
});
