import { hostname } from 'node:os';
import test from 'ava';
import {
  formatManifest,
  makeManifest,
  parseManifest,
} from '../../../src/builder/manifest/manifest.ts';
import { compareWithGolden } from '../../golden.ts';
import { plainManifestInput } from './fixture.ts';

test('a manifest reads as committed', async (t) => {
  await compareWithGolden(
    t,
    import.meta.url,
    'manifest.json',
    formatManifest(makeManifest(plainManifestInput())),
  );
});

test('the order of the input does not show', (t) => {
  const input = plainManifestInput();
  const shuffled = {
    ...input,
    recipes: input.recipes.toReversed(),
    packages: input.packages.toReversed(),
    layers: input.layers.toReversed(),
    medium: input.medium.toReversed(),
    artefacts: input.artefacts.toReversed(),
  };
  t.is(formatManifest(makeManifest(shuffled)), formatManifest(makeManifest(input)));
});

test('nothing in a manifest names the machine, the time or the directory', (t) => {
  const text = formatManifest(makeManifest(plainManifestInput()));
  t.false(text.includes(process.cwd()));
  t.false(text.includes(`"${hostname()}"`));
  t.false(text.includes(String(new Date().getFullYear())));
  t.throws(() => makeManifest({ ...plainManifestInput(), builtAt: '2026-01-01' } as never), {
    code: 'internal/manifest',
  });
});

test('a manifest comes back as it was', (t) => {
  const manifest = makeManifest(plainManifestInput());
  t.deepEqual(parseManifest(formatManifest(manifest), 'x'), manifest);
});

test('a damaged manifest and one of another version are refused', (t) => {
  const text = formatManifest(makeManifest(plainManifestInput()));
  const cases = [
    ['{', 'verification/damaged-manifest'],
    ['[]', 'verification/damaged-manifest'],
    [text.replace('"edition"', '"editoin"'), 'verification/damaged-manifest'],
    [text.replace('"pxe/vmlinuz"', '"../vmlinuz"'), 'verification/damaged-manifest'],
    [text.replace('"version": 1', '"version": 2'), 'input/manifest-version'],
  ] as const;
  for (const [damaged, code] of cases) {
    const error = t.throws(() => parseManifest(damaged, 'm.json'), { code });
    t.like(error, { location: { file: 'm.json' } });
  }
});
