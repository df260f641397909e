import test from 'ava';
import { planDirectories, planLayer, type LayerPlan } from '../../../src/builder/files/layer.ts';
import type { Entry } from '../../../src/builder/image/contents.ts';
import { KronosError } from '../../../src/common/error.ts';
import { compareWithGolden } from '../../golden.ts';
import { plainFile, plainRecipe, plainSelection } from '../recipe/plain.ts';

const location = { file: 'recipe.yaml' };
const UNIT = '[Install]\nWantedBy=multi-user.target\n';

const SELECTION = plainSelection([
  plainRecipe('base', {
    files: [
      plainFile('/etc/motd', 'hello\n'),
      {
        path: '/usr/lib/systemd/system/copied@.service',
        source: '/src/unit',
        mode: 0o644,
        location,
      },
    ],
    links: [{ path: '/etc/localtime', target: '/usr/share/zoneinfo/UTC', location }],
    services: { enable: ['copied@a.service', 'ssh.service'], disable: [], mask: [] },
    state: ['/var/lib/b', '/var/lib/a'],
    xenArguments: ['dom0_mem=1G'],
  }),
  plainRecipe('kronos', {
    files: [plainFile('/etc/systemd/system/k.service', UNIT)],
    services: { enable: ['k.service'], disable: [], mask: [] },
    modules: ['openvswitch', 'dm_mod'],
    state: ['/var/lib/a'],
    kernelArguments: ['quiet'],
    checks: [{ name: 'answers', run: ['true'], where: 'always', timeout: 10 }],
  }),
  plainRecipe('live', { layer: 'live', files: [plainFile('/root/.profile', 'x\n', 0o600)] }),
  plainRecipe('tools', { layer: 'tools', files: [plainFile('/never', '')] }),
]);

const PROGRAMS = [
  { path: '/usr/lib/kronos/selftest.mjs', mode: 0o755, source: '/out/a.mjs', recipe: 'kronos' },
  { path: '/usr/lib/kronos/other.mjs', mode: 0o755, source: '/out/b.mjs', recipe: 'absent' },
];

function plan(name: 'host' | 'live'): LayerPlan {
  return planLayer(name, SELECTION, PROGRAMS, '0.1.0', (source) => {
    if (source !== '/src/unit') throw new Error(`nobody asked for ${source}`);
    return '[Install]\nRequiredBy=x.target\n';
  });
}

test('the plan of both layers', async (t) => {
  const text = JSON.stringify([plan('host'), plan('live')], undefined, 1);
  await compareWithGolden(t, import.meta.url, 'layers.json', `${text}\n`);
});

function entry(path: string, mode: number, more: Partial<Entry> = {}): [string, Entry] {
  return [path, { path, type: 'directory', mode, uid: 0, gid: 0, ...more }];
}

test('directories keep the mode and owner that they have below', (t) => {
  const below = new Map([
    entry('/', 0o755),
    entry('/root', 0o700),
    entry('/var/lib/app', 0o2750, { uid: 105, gid: 110 }),
  ]);
  const directories = planDirectories(
    {
      name: 'live',
      files: [
        { path: '/root/.config/x', mode: 0o600, text: '', recipe: 'a' },
        { path: '/top', mode: 0o644, text: '', recipe: 'a' },
      ],
      links: [{ path: '/var/lib/app/link', target: 'x', recipe: 'a' }],
    },
    below,
  );
  const plain = { mode: 0o755, uid: 0, gid: 0 };
  t.deepEqual(directories, [
    { path: '/', ...plain },
    { path: '/root', ...plain, mode: 0o700 },
    { path: '/root/.config', ...plain },
    { path: '/var', ...plain },
    { path: '/var/lib', ...plain },
    { path: '/var/lib/app', mode: 0o2750, uid: 105, gid: 110 },
  ]);
});

test('a recipe cannot put a directory where the packages have a link or a file', (t) => {
  const below = new Map([
    entry('/lib', 0o777, { type: 'symlink', target: 'usr/lib' }),
    entry('/etc/passwd', 0o644, { type: 'file' }),
  ]);
  const refuse = (path: string) =>
    t.throws(
      () =>
        planDirectories(
          { name: 'host', files: [{ path, mode: 0o644, text: '', recipe: 'a' }], links: [] },
          below,
        ),
      { instanceOf: KronosError },
    );
  const link = refuse('/lib/udev/rules.d/1.rules');
  t.is(link.code, 'input/file-conflict');
  t.is(link.message, 'a recipe writes below /lib, which is a link to usr/lib in the packages');
  t.regex(refuse('/etc/passwd/x').message, /\/etc\/passwd, which is a file in the packages/);
});
