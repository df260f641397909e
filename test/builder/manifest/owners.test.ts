import test from 'ava';
import type { Entry } from '../../../src/builder/image/contents.ts';
import {
  attributeOwners,
  canonicalPath,
  packageOwners,
  parseDiversions,
  requireOwners,
} from '../../../src/builder/manifest/owners.ts';
import { recipe } from './fixture.ts';

const common = { mode: 0o644, uid: 0, gid: 0 };
const file = (path: string): Entry => ({
  ...common,
  path,
  type: 'file',
  size: 0,
  sha256: '0'.repeat(64),
});
const link = (path: string, target: string): Entry => ({
  ...common,
  path,
  type: 'symlink',
  target,
});

test('paths of a merged /usr are one', (t) => {
  const pairs = [
    ['/bin/sh', '/usr/bin/sh'],
    ['/lib64', '/usr/lib64'],
    ['/library', '/library'],
    ['/usr/bin/', '/usr/bin'],
    ['/.', '/'],
    ['/', '/'],
  ] as const;
  for (const [from, to] of pairs) t.is(canonicalPath(from), to);
});

test('a diverted file belongs to its package under its new name, and the old name to who diverted it', (t) => {
  const diversions = parseDiversions(
    '/bin/sh\n/bin/sh.distrib\ndash\n/usr/bin/x\n/usr/bin/x.real\n:\n',
  );
  const owners = packageOwners(
    [
      ['dash', ['/.', '/bin', '/bin/sh']],
      ['bash:amd64', ['/bin/sh', '/usr/bin/x']],
    ],
    diversions,
  );
  t.is(owners.get('/usr/bin/sh'), 'dash');
  t.is(owners.get('/usr/bin/sh.distrib'), 'bash');
  t.is(owners.get('/usr/bin/x.real'), 'bash');
  t.false(owners.has('/usr/bin/x'));
});

const packages = packageOwners([
  ['vim-tiny', ['/usr/bin/vim.tiny']],
  ['ssh', ['/usr/lib/systemd/system/ssh.service', '/etc/init.d/ssh', '/etc/ssh.conf']],
  ['python3-x', ['/usr/lib/python3/x.py']],
  ['dpkg', ['/usr/bin/dpkg']],
]);
const installed = new Set(['vim-tiny', 'ssh', 'python3-x', 'dpkg', 'meta']);
const recipes = [
  recipe('base', {
    files: [
      { path: '/etc/ssh.conf', mode: 0o644, location: { file: 'x' } },
      { path: '/etc/own.conf', mode: 0o644, location: { file: 'x' } },
    ],
    services: { enable: ['own.service', 'wanted'], disable: [], mask: ['bad.service'] },
    generated: [
      { path: '/var/lib/thing/**', by: 'ssh' },
      { path: '/var/lib/absent/**', by: 'not-installed' },
    ],
  }),
];

function ownersOf(
  entries: readonly Entry[],
  recipesFirst = false,
): Record<string, string | undefined> {
  const { entries: attributed } = attributeOwners(entries, {
    packages,
    installed,
    recipes,
    recipesFirst,
  });
  return Object.fromEntries(attributed.map(({ path, owner }) => [path, owner]));
}

test('files belong to packages, recipes and what packages generate', (t) => {
  t.deepEqual(
    ownersOf([
      file('/etc/ssh.conf'),
      file('/etc/own.conf'),
      file('/var/lib/thing/.hidden/state'),
      file('/var/lib/dpkg/info/ssh.list'),
      file('/var/lib/dpkg/info/python3-x:amd64.md5sums'),
      file('/var/lib/dpkg/info/meta.list'),
      file('/usr/lib/python3/__pycache__/x.cpython-313.pyc'),
    ]),
    {
      '/etc/ssh.conf': 'package:ssh',
      '/etc/own.conf': 'recipe:base',
      '/var/lib/thing/.hidden/state': 'generated:ssh',
      '/var/lib/dpkg/info/ssh.list': 'generated:ssh',
      '/var/lib/dpkg/info/python3-x:amd64.md5sums': 'generated:python3-x',
      '/var/lib/dpkg/info/meta.list': 'generated:meta',
      '/usr/lib/python3/__pycache__/x.cpython-313.pyc': 'generated:python3-x',
    },
  );
});

test('links that helpers make belong to the package behind them, those of services to the recipe', (t) => {
  const wants = '/etc/systemd/system/multi-user.target.wants';
  t.deepEqual(
    ownersOf([
      link('/usr/bin/editor', '/etc/alternatives/editor'),
      link('/etc/alternatives/editor', '/usr/bin/vim.tiny'),
      link('/etc/rc2.d/S01ssh', '../init.d/ssh'),
      link(`${wants}/ssh.service`, '/lib/systemd/system/ssh.service'),
      link(`${wants}/own.service`, '/usr/lib/systemd/system/own.service'),
      link(`${wants}/wanted.service`, '/usr/lib/systemd/system/wanted.service'),
      link('/etc/systemd/system/bad.service', '/dev/null'),
    ]),
    {
      '/usr/bin/editor': 'generated:vim-tiny',
      '/etc/alternatives/editor': 'generated:vim-tiny',
      '/etc/rc2.d/S01ssh': 'generated:ssh',
      [`${wants}/ssh.service`]: 'generated:ssh',
      [`${wants}/own.service`]: 'recipe:base',
      [`${wants}/wanted.service`]: 'recipe:base',
      '/etc/systemd/system/bad.service': 'recipe:base',
    },
  );
});

test('in a layer of rendered files the recipe comes first', (t) => {
  t.deepEqual(ownersOf([file('/etc/ssh.conf')], true), { '/etc/ssh.conf': 'recipe:base' });
});

test('what nobody owns stops the build, also a stray link and what an absent package would make', (t) => {
  const { unowned } = attributeOwners(
    [
      file('/var/lib/absent/x'),
      link('/usr/bin/stray', '/usr/bin/dpkg'),
      { ...common, path: '/srv', type: 'directory' },
    ],
    { packages, installed, recipes },
  );
  t.deepEqual(unowned, ['/usr/bin/stray', '/var/lib/absent/x']);
  const many = Array.from({ length: 25 }, (_, index) => `/x/${index}`);
  const error = t.throws(() => requireOwners('packages', many), {
    code: 'verification/unowned-file',
  });
  t.regex(error.message, /layer packages: 25 belong to no package and no recipe:\n {4}\/x\/0\n/);
  t.regex(error.message, /\/x\/19\n {4}and 5 more$/);
  t.notThrows(() => requireOwners('packages', []));
});
