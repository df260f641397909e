import test from 'ava';
import fc from 'fast-check';
import { attributePackages } from '../../../src/builder/apt/attribute.ts';
import { chooseMirror, parseUpdateUris } from '../../../src/builder/apt/mirror.ts';
import { PackageIndex, parsePackages } from '../../../src/builder/apt/packages.ts';
import { formatPins, pinsForOrigins } from '../../../src/builder/apt/pins.ts';
import { parseRelations, satisfies } from '../../../src/builder/apt/relations.ts';
import { parsePrintedUris } from '../../../src/builder/apt/solve.ts';
import { distributionSources, formatSources } from '../../../src/builder/apt/sources.ts';
import { parseStanzas, stripSignature } from '../../../src/builder/apt/stanzas.ts';

const PACKAGES = `Package: xen
Source: xen-source (4.20)
Version: 4.20-1
Architecture: amd64
Pre-Depends: libc6 (>= 2.34)
Depends: libxen (= 4.20-1), qemu | qemu-xen, awk
Essential: yes
Priority: required
Provides: hypervisor (= 4)
Filename: ./pool/x/xen_4.20-1_amd64.deb
Size: 12
SHA256: aa
Description: about
 Package: not-a-field

Package: xen
Version: 4.21-1
Architecture: amd64
`;

test('a Packages paragraph is read', (t) => {
  const [first, second] = parsePackages(PACKAGES, 'debian');
  t.like(first, {
    name: 'xen',
    version: '4.20-1',
    architecture: 'amd64',
    source: 'xen-source',
    essential: true,
    priority: 'required',
    path: 'pool/x/xen_4.20-1_amd64.deb',
    size: 12,
    sha256: 'aa',
    from: 'debian',
  });
  t.deepEqual(first?.provides, [{ name: 'hypervisor', version: '4' }]);
  t.deepEqual(
    first?.depends.map((group) => group.map((one) => one.name)),
    [['libc6'], ['libxen'], ['qemu', 'qemu-xen'], ['awk']],
  );
  t.is(second?.source, 'xen');
  const index = new PackageIndex(parsePackages(PACKAGES, 'debian'));
  t.is(index.newest('xen')?.version, '4.21-1');
  t.is(index.newest('xen', 'other'), undefined);
  t.true(index.isVirtual('hypervisor'));
  t.false(index.isVirtual('hyper'));
});

test('wild text never breaks the readers', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      parsePackages(text, 'x');
      parseStanzas(text);
      stripSignature(text);
      t.true(Array.isArray(parseRelations(text)));
    }),
  );
});

test('relations', (t) => {
  t.deepEqual(parseRelations('a:any (>= 1:2) [amd64] <!nocheck>, b | c(<< 3)'), [
    [{ name: 'a', operator: '>=', version: '1:2' }],
    [{ name: 'b' }, { name: 'c', operator: '<<', version: '3' }],
  ]);
  for (const [operator, expected] of [
    ['<<', false],
    ['<=', true],
    ['=', true],
    ['>=', true],
    ['>>', false],
  ] as const) {
    t.is(satisfies('1.0', { name: 'a', operator, version: '1.0' }), expected, operator);
  }
});

test('the text inside a clear-signed Release file', (t) => {
  const signed =
    '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nDate: now\n- -x\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n';
  t.is(stripSignature(signed), 'Date: now\n-x');
  t.is(stripSignature('Date: now\n'), 'Date: now\n');
});

test("the mirrors of the machine's own apt", (t) => {
  const printed = [
    "'http://mirror.example/debian/dists/bookworm/InRelease' mirror.example_debian_dists_bookworm_InRelease 0 ",
    "'http://mirror.example/debian-security/dists/bookworm-security/InRelease' x 0 ",
    "'https://other.example/apt/dists/nodistro/InRelease' y 0 ",
    "'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' z 0 ",
  ].join('\n');
  t.deepEqual(chooseMirror(parseUpdateUris(printed), 'bookworm'), {
    main: 'http://mirror.example/debian',
    security: 'http://mirror.example/debian-security',
  });
  t.deepEqual(chooseMirror([], 'bookworm'), { main: undefined, security: undefined });
});

test('sources for a suite, and what cannot be written', (t) => {
  const mirror = {
    main: 'http://mirror.example/debian',
    security: 'http://mirror.example/sec',
    keyring: '/k',
  };
  t.deepEqual(
    distributionSources(mirror, 'sid', ['main']).map((one) => one.suite),
    ['sid'],
  );
  const sources = distributionSources(mirror, 'trixie', ['main', 'contrib']);
  t.is(
    formatSources(sources, 'amd64', new Map([['/k', '/r/0.gpg']])),
    [
      'deb [arch=amd64 signed-by=/r/0.gpg] http://mirror.example/debian trixie main contrib\n',
      'deb [arch=amd64 signed-by=/r/0.gpg] http://mirror.example/debian trixie-updates main contrib\n',
      'deb [arch=amd64 signed-by=/r/0.gpg] http://mirror.example/sec trixie-security main contrib\n',
    ].join(''),
  );
  const bad = { name: 'x', uri: 'http://a b', suite: 's', components: [] };
  t.throws(() => formatSources([bad], 'amd64', new Map()), { message: /white space/ });
});

test('printed addresses', (t) => {
  t.deepEqual(
    parsePrintedUris(
      "Reading package lists...\n'http://m/a_1%2b2.deb' a_1%2b2.deb 12 MD5Sum:aa\n'file:/x y/b.deb' b.deb 3 SHA256:bb\n'http://m/c.deb' c.deb 1 \n",
    ),
    ['http://m/a_1%2b2.deb', 'file:/x y/b.deb', 'http://m/c.deb'],
  );
});

function solution(...texts: string[]) {
  return parsePackages(texts.map((text) => `${text}\nArchitecture: amd64\n`).join('\n'), 'debian');
}

test('packages are owed to the recipe that names them, else to the first that leads to them', (t) => {
  const packages = solution(
    'Package: bash\nVersion: 1\nDepends: libc',
    'Package: libc\nVersion: 1',
    'Package: xen\nVersion: 1\nDepends: libxen, tool | other',
    'Package: libxen\nVersion: 1\nDepends: libc',
    'Package: tools\nVersion: 1\nProvides: tool',
    'Package: ovs\nVersion: 1\nDepends: libxen, bash',
    'Package: init\nVersion: 1',
    'Package: stray\nVersion: 1',
  );
  const owed = attributePackages(
    packages,
    [
      { recipe: 'base', names: ['ovs'] },
      { recipe: 'xen', names: ['xen', 'bash', 'ovs'] },
    ],
    ['init'],
  );
  t.deepEqual(Object.fromEntries(owed), {
    ovs: { recipe: 'base', asked: true },
    xen: { recipe: 'xen', asked: true },
    bash: { recipe: 'xen', asked: true },
    libc: { recipe: 'base', asked: false },
    libxen: { recipe: 'base', asked: false },
    init: { recipe: 'base', asked: false },
    tools: { recipe: 'xen', asked: false },
    stray: { recipe: 'base', asked: false },
  });
});

test('pins: an origin gives what is asked and its siblings, and nothing else that the distribution has', (t) => {
  const distribution = parsePackages(
    'Package: xapi\nVersion: 1\n\nPackage: libxapi\nVersion: 1\n\nPackage: bash\nVersion: 1\n',
    'debian',
  );
  const origin = parsePackages(
    'Package: xapi\nVersion: 2\nSource: x\n\nPackage: libxapi\nVersion: 2\nSource: x\n\nPackage: bash\nVersion: 9\n\nPackage: only\nVersion: 2\n',
    'extra',
  );
  const index = new PackageIndex([...distribution, ...origin]);
  const own = new Set(['debian']);
  const sort = (pins: readonly { name: string; version: string }[]) =>
    pins.map((pin) => `${pin.name} ${pin.version}`).sort();
  t.deepEqual(
    sort(pinsForOrigins(index, [{ name: 'extra', prefer: 'asked', asked: ['xapi'] }], own)),
    ['bash 1', 'libxapi 2', 'xapi 2'],
  );
  t.deepEqual(
    sort(pinsForOrigins(index, [{ name: 'extra', prefer: 'all', asked: ['xapi'] }], own)),
    ['bash 9', 'libxapi 2', 'only 2', 'xapi 2'],
  );
  t.is(
    formatPins([{ name: 'a', version: '1' }]),
    'Package: a\nPin: version 1\nPin-Priority: 995\n\n',
  );
});
