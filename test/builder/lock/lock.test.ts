import test from 'ava';
import fc from 'fast-check';
import { PackageIndex, parsePackages } from '../../../src/builder/apt/packages.ts';
import type { Lock, LockedPackage } from '../../../src/builder/lock/lock.ts';
import { diffLocks, formatChange } from '../../../src/builder/lock/diff.ts';
import { parseLock } from '../../../src/builder/lock/read.ts';
import { checkLockFresh, requestsDigest } from '../../../src/builder/lock/requests.ts';
import { relaxations } from '../../../src/builder/lock/update.ts';
import { formatLock } from '../../../src/builder/lock/write.ts';
import { formatError, type KronosError } from '../../../src/common/error.ts';
import { digestOf } from '../../../src/common/digest.ts';
import { compareWithGolden } from '../../golden.ts';
import { makeRecipe, makeSelection } from '../apt/selection.ts';

function locked(name: string, extras: Partial<LockedPackage> = {}): LockedPackage {
  const version = extras.version ?? '1.0-1';
  return {
    name,
    version,
    architecture: 'amd64',
    layer: 'host',
    recipe: 'base',
    asked: false,
    origin: 'debian',
    path: `pool/main/${name.slice(0, 1)}/${name}/${name}_${version.replace(/^\d+:/, '')}_amd64.deb`,
    size: 1000,
    sha256: digestOf(name + version),
    ...extras,
  };
}

const LOCK: Lock = {
  version: 1,
  edition: 'debian-13',
  suite: 'trixie',
  architecture: 'amd64',
  epoch: 1_795_227_046,
  requests: digestOf('requests'),
  origins: {
    'debian-security': { type: 'distribution', archive: 'debian-security' },
    debian: { type: 'distribution', archive: 'debian' },
    xcp: {
      type: 'apt',
      url: 'https://mirror.example/xcp',
      suite: 'stable',
      components: ['main', 'extra'],
      key: digestOf('key'),
    },
    mine: { type: 'directory' },
    ovs: {
      type: 'deb-src',
      source: 'openvswitch',
      version: '3.7.0-1',
      suite: 'sid',
      dsc: digestOf('dsc'),
    },
  },
  packages: [
    locked('zstd', { layer: 'tools', recipe: 'tools', asked: true }),
    locked('bash', { version: '5.2', asked: true }),
    locked('lvm2', { version: '2:2.03.31-2+b1', recipe: 'storage' }),
    locked('yes', { architecture: 'all', origin: 'mine', path: 'yes 1.0.deb' }),
    locked('parted', { layer: 'live', recipe: 'live', origin: 'debian-security' }),
  ],
};

test('the text of a lock', async (t) => {
  await compareWithGolden(t, import.meta.url, 'lock.yaml', formatLock(LOCK));
});

test('a written lock reads back the same, whatever the order', (t) => {
  const sorted = parseLock(formatLock(LOCK), 'l');
  t.is(formatLock(sorted), formatLock(LOCK));
  t.deepEqual(
    [...sorted.packages].sort((a, b) => (a.name < b.name ? -1 : 1)),
    [...LOCK.packages].sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
  const texts = fc.stringMatching(/^[0-9a-z][0-9a-z.+~:-]{0,12}$/);
  fc.assert(
    fc.property(
      texts,
      fc
        .stringMatching(/^[a-zA-Z0-9][ -~]{0,20}$/)
        .filter((path) => !path.includes('\\') && !/(?:^|\/)\.\.(?:\/|$)/.test(path)),
      (version, path) => {
        const lock: Lock = { ...LOCK, packages: [locked('a', { version, path, origin: 'mine' })] };
        t.deepEqual(parseLock(formatLock(lock), 'l'), lock);
      },
    ),
  );
});

const MISTAKES: Readonly<Record<string, (text: string) => string>> = {
  'a digest that is none': (text) => text.replace(digestOf('bash5.2'), 'abc'),
  'a version without quotes': (text) => text.replace('"5.2"', '5.2'),
  'a version that is not the file': (text) => text.replace('"5.2"', '"5.3"'),
  'an unknown key': (text) => text.replace('layer: live', 'layr: live'),
  'an origin that is not there': (text) =>
    text.replace('origin: debian-security', 'origin: elsewhere'),
  'a package twice': (text) => text.replace(/( {2}- \{ name: bash.*\n)/, '$1$1'),
  'a path that leads out': (text) => text.replace('pool/main/b/bash', '../../etc'),
  'no package list': (text) => text.replace(/packages:[\s\S]*/, ''),
};

test('a lock that was edited wrongly is refused at the place', async (t) => {
  const said = Object.entries(MISTAKES).map(([what, change]) => {
    const text = change(formatLock(LOCK));
    t.not(text, formatLock(LOCK), what);
    const error = t.throws(() => parseLock(text, 'debian-13-amd64.lock.yaml'));
    return `# ${what}\n${formatError(error)}\n`;
  });
  await compareWithGolden(t, import.meta.url, 'mistakes.txt', said.join('\n'));
});

test('a lock of other requests is refused, naming what came and went', (t) => {
  const selection = makeSelection([
    makeRecipe('base', ['bash', 'lvm2']),
    makeRecipe('tools', ['zstd'], { layer: 'tools' }),
  ]);
  const lock = { ...LOCK, requests: requestsDigest(selection) };
  t.notThrows(() => {
    checkLockFresh(lock, selection, 'l');
  });
  const changed = makeSelection([
    makeRecipe('base', ['bash', 'nano']),
    makeRecipe('tools', [], { layer: 'tools' }),
  ]);
  const error = t.throws<KronosError>(() => {
    checkLockFresh(lock, changed, 'l');
  });
  t.like(error, {
    code: 'input/lock-stale',
    hint: 'kronos lock',
    details: { added: ['nano'], removed: ['zstd'] },
  });
  t.is(
    error.message,
    'the lock was made for other requests (not in the lock: nano; no longer asked for: zstd)',
  );
  const extra = { ...lock, packages: [...lock.packages, locked('stowaway', { asked: true })] };
  t.throws(
    () => {
      checkLockFresh(extra, selection, 'l');
    },
    { message: /no longer asked for: stowaway/ },
  );
  const version = makeSelection([
    makeRecipe('base', ['bash=5.2', 'lvm2']),
    makeRecipe('tools', ['zstd'], { layer: 'tools' }),
  ]);
  t.throws(
    () => {
      checkLockFresh(lock, version, 'l');
    },
    { message: /versions, origins, layers/ },
  );
});

test('the digest of requests does not know where a directory or a key file is', (t) => {
  const recipes = [makeRecipe('base', ['bash']), makeRecipe('x', ['xapi'], { origin: 'mine' })];
  const at = (path: string) =>
    requestsDigest(makeSelection(recipes, { mine: { type: 'directory', path } }));
  t.is(at('/a'), at('/b'));
  const other = { mine: { type: 'deb-src', source: 'xapi', suite: 'sid' } as const };
  t.not(at('/a'), requestsDigest(makeSelection(recipes, other)));
  const unused = {
    mine: { type: 'directory', path: '/a' },
    unused: { type: 'directory', path: '/x' },
  } as const;
  t.is(at('/a'), requestsDigest(makeSelection(recipes, unused)));
});

test('differences between locks', (t) => {
  const after: Lock = {
    ...LOCK,
    packages: [
      locked('bash', { version: '5.3' }),
      locked('lvm2', { version: '2:2.03.30-1' }),
      locked('parted', { layer: 'live', sha256: digestOf('other') }),
      locked('nano'),
      locked('yes', { architecture: 'all' }),
    ],
  };
  t.deepEqual(diffLocks(LOCK, after).map(formatChange), [
    '  bash 5.2 -> 5.3',
    '  lvm2 2:2.03.31-2+b1 -> 2:2.03.30-1',
    '+ nano 1.0-1',
    '~ parted 1.0-1 (same version, other content)',
    '- zstd 1.0-1',
  ]);
  t.deepEqual(diffLocks(LOCK, LOCK), []);
});

test('a partial update frees the package, its siblings, then what they need, then all', (t) => {
  const index = new PackageIndex(
    parsePackages(
      'Package: bash\nVersion: 6\nDepends: libc6\n\nPackage: bash-x\nVersion: 6\nSource: bash\n\nPackage: libc6\nVersion: 3\n\nPackage: nano\nVersion: 1\n',
      'debian',
    ),
  );
  const lock = {
    ...LOCK,
    packages: ['bash', 'bash-x', 'libc6', 'nano'].map((name) => locked(name)),
  };
  t.deepEqual(
    relaxations(lock, ['bash'], index).map((pins) => pins.map((pin) => pin.name)),
    [['libc6', 'nano'], ['nano'], []],
  );
});
