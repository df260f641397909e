import test from 'ava';
import { makeManifest } from '../../../src/builder/manifest/manifest.ts';
import { formatWhy, why } from '../../../src/builder/manifest/why.ts';
import { compareWithGolden } from '../../golden.ts';
import { layersOf, plainManifestInput } from './fixture.ts';

const source = { manifest: makeManifest(plainManifestInput()), layers: layersOf() };

test('packages and paths are explained as committed', async (t) => {
  const queries = [
    ...['editor', 'libc6:amd64', 'rescue-tools', 'xorriso'],
    ...['/usr/lib/libc.so.6', '/bin/edit', '/etc/editor.conf', '/var/lib/dpkg/status', '/usr', '/'],
  ];
  const text = queries
    .map((query) => `$ kronos why ${query}\n${formatWhy(why(query, source))}\n`)
    .join('\n');
  await compareWithGolden(t, import.meta.url, 'why.txt', text);
});

test('a dependency is explained by the shortest chain from a package that is asked for', (t) => {
  t.like(why('libc6', source), {
    asked: false,
    recipe: 'base',
    chain: ['editor', 'libstdc++6', 'libc6'],
  });
});

test('a package that nothing depends on is said to have come with its recipe', (t) => {
  const input = { ...plainManifestInput(), dependencies: new Map() };
  t.regex(
    formatWhy(why('libc6', { ...source, manifest: makeManifest(input) })),
    /came with recipe base; no package/,
  );
});

test('what is not there is answered with the nearest that is', (t) => {
  const hint = (query: string): string | undefined => {
    const error = t.throws(() => why(query, source));
    return (error as { hint?: string }).hint;
  };
  t.is(hint('libstc++6'), 'did you mean libstdc++6? (paths begin with /)');
  t.is(hint('something-else-entirely'), 'paths begin with /');
  t.is(hint('/usr/sbin/editor'), 'did you mean /usr/bin/editor?');
  t.is(hint('/usr/lib/libc.so.7'), 'did you mean /usr/lib/libc.so.6?');
  t.is(hint('/no/such/thing/at/all/anywhere'), 'packages are named without /');
  t.throws(() => why('x', source), { code: 'input/unknown-package' });
  t.throws(() => why('/x/y', source), { code: 'input/unknown-path' });
});
