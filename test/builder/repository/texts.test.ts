// What a repository is made of, decided without a tool: paths, conflicts, dates, order, texts to paste.
import test from 'ava';
import fc from 'fast-check';
import { releaseArguments, formatPackages } from '../../../src/builder/repository/apt-suite.ts';
import { changeSuites, indexDate, type Entry } from '../../../src/builder/repository/contents.ts';
import { poolPath } from '../../../src/builder/repository/deb.ts';
import { chooseKey } from '../../../src/builder/repository/key.ts';
import { formatLines } from '../../../src/builder/repository/lines.ts';
import { placeOrder } from '../../../src/builder/repository/place.ts';
import { repositoryError } from '../../../src/builder/repository/problems.ts';
import { parsePrimary, parseRepomd } from '../../../src/builder/repository/repodata.ts';
import { rpmPath, rpmTitle } from '../../../src/builder/repository/rpm.ts';
import { formatError } from '../../../src/common/error.ts';
import { compareWithGolden } from '../../golden.ts';

const FINGERPRINT = '0123456789ABCDEF0123456789ABCDEF01234567';

test('the lines to paste', async (t) => {
  const lines = (label: string, apt: string[], yum: string[], url: string) =>
    formatLines({
      ...{ url, label, fingerprint: FINGERPRINT, keyring: 'ab'.repeat(32) },
      suites: { apt, yum },
    });
  const texts = [
    lines('Kronos', ['stable'], ['stable'], 'https://xen.example/kronos/'),
    lines('Acme Xen', ['trixie', 'bookworm'], [], 'http://192.0.2.1:8080'),
    lines('Kronos', [], ['el9', 'el10'], 'https://xen.example'),
  ];
  await compareWithGolden(t, import.meta.url, 'lines.txt', `${texts.join('\n\n---\n\n')}\n`);
});

test('what goes where', (t) => {
  const deb = { version: '1:2.0-1', architecture: 'all' };
  t.is(
    poolPath({ ...deb, name: 'xcp-xl', source: 'kronos' }),
    'pool/main/k/kronos/xcp-xl_2.0-1_all.deb',
  );
  t.is(
    poolPath({ ...deb, name: 'libxen', source: 'libxen' }),
    'pool/main/libx/libxen/libxen_2.0-1_all.deb',
  );
  const rpm = { name: 'Xen', epoch: 0, version: '4.20', release: '1.el9', architecture: 'x86_64' };
  t.is(rpmPath(rpm), 'Packages/x/Xen-4.20-1.el9.x86_64.rpm');
  t.is(rpmTitle(rpm), 'Xen-4.20-1.el9.x86_64');
  t.is(rpmTitle({ ...rpm, epoch: 2 }), 'Xen-2:4.20-1.el9.x86_64');
});

test('nothing that a client begins with is put in place before what it names', (t) => {
  const hash = 'a'.repeat(64);
  const order = [
    'pool/main/k/kronos/kronos_1_all.deb',
    'rpm/stable/Packages/k/kronos-1-1.noarch.rpm',
    `dists/stable/main/binary-amd64/by-hash/SHA256/${hash}`,
    `rpm/stable/repodata/${hash}-primary.xml.gz`,
    'dists/stable/main/binary-amd64/Packages.xz',
    'dists/stable/Release.gpg',
    'rpm/stable/repodata/repomd.xml.asc',
    'kronos-archive-keyring.asc',
    'dists/stable/InRelease',
    'rpm/stable/repodata/repomd.xml',
  ].map(placeOrder);
  t.deepEqual(order, [0, 0, 1, 1, 2, 2, 2, 2, 3, 3]);
});

function entry(title: string, sha256: string, path = title): Entry {
  return { title, sha256, path, file: `/in/${title}` };
}

test('a package means the same bytes in all suites', (t) => {
  const former = new Map([
    ['stable', [entry('a 1', 'x'), entry('b 1', 'y')]],
    ['testing', [entry('c 1', 'z')]],
  ]);
  const [stable, unstable] = changeSuites(
    former,
    [entry('c 1', 'z'), entry('a 1', 'x'), entry('d 1', 'w')],
    ['stable', 'unstable'],
  );
  const titles = (entries: readonly Entry[] = []) => entries.map(({ title }) => title);
  t.deepEqual(titles(stable?.entries), ['a 1', 'b 1', 'c 1', 'd 1']);
  t.deepEqual(titles(stable?.added), ['c 1', 'd 1']);
  t.deepEqual(titles(stable?.present), ['a 1']);
  t.deepEqual(titles(stable?.kept), ['b 1']);
  t.deepEqual(titles(unstable?.entries), ['c 1', 'a 1', 'd 1']);
  const refused = t.throws(() =>
    changeSuites(
      former,
      [entry('c 1', 'other'), entry('a 1', 'other'), entry('1:a 1', 'v', 'a 1')],
      ['new'],
    ),
  );
  t.is(
    formatError(refused),
    [
      'error input/package-differs: c 1 is there already with other content: /in/c 1 is not /in/c 1',
      '  hint: give the package another version: who installed it would never see the new one',
      'error input/package-differs: a 1 is there already with other content: /in/a 1 is not /in/a 1',
      '  hint: give the package another version: who installed it would never see the new one',
      'error input/package-differs: 1:a 1 would be the same file as a 1: a 1',
      '  hint: give the package another version: who installed it would never see the new one',
    ].join('\n'),
  );
});

test('nothing that was there is lost, whatever is added', (t) => {
  const entries = fc.array(
    fc.nat(30).map((n) => entry(`p ${n}`, String(n))),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(entries, entries, (before, incoming) => {
      const known = [...new Map(before.map((one) => [one.title, one])).values()];
      const distinct = [...new Map(incoming.map((one) => [one.title, one])).values()];
      const [change] = changeSuites(new Map([['s', known]]), distinct, ['s']);
      const after = new Set(change?.entries.map(({ title }) => title));
      return (
        after.size === change?.entries.length &&
        [...known, ...distinct].every(({ title }) => after.has(title)) &&
        change.kept.length + change.present.length === known.length &&
        change.added.length + change.present.length === distinct.length
      );
    }),
  );
  t.pass();
});

test('the date of an index never goes back', (t) => {
  t.is(indexDate({ former: undefined, packages: [5, 9, 7], epoch: undefined }), 9);
  t.is(indexDate({ former: 12, packages: [5], epoch: undefined }), 12);
  t.is(indexDate({ former: 12, packages: [], epoch: undefined }), 12);
  t.is(indexDate({ former: 12, packages: [5], epoch: 20 }), 20);
  t.is(indexDate({ former: 12, packages: [50], epoch: 3 }), 12);
  t.is(indexDate({ former: undefined, packages: [], epoch: undefined }), 0);
});

test('an index lists packages by name and version, those for all everywhere', (t) => {
  const deb = (name: string, version: string, architecture: string) => ({
    ...entry(`${name} ${version} ${architecture}`, ''),
    ...{ name, version, architecture, text: `Package: ${name}\nVersion: ${version}` },
  });
  const entries = [deb('b', '1.10', 'all'), deb('b', '1.9', 'amd64'), deb('a', '1', 'arm64')];
  t.is(
    formatPackages(entries, 'amd64'),
    'Package: b\nVersion: 1.9\n\nPackage: b\nVersion: 1.10\n\n',
  );
  t.is(formatPackages(entries, 'riscv64'), 'Package: b\nVersion: 1.10\n\n');
  const input = { suite: 'stable', origin: 'Acme Xen', label: 'Xen', date: 1_700_000_000 };
  t.deepEqual(
    releaseArguments(input, ['amd64', 'arm64']).filter((word) => word !== '-o'),
    [
      'APT::FTPArchive::Release::Origin=Acme Xen',
      'APT::FTPArchive::Release::Label=Xen',
      'APT::FTPArchive::Release::Suite=stable',
      'APT::FTPArchive::Release::Codename=stable',
      'APT::FTPArchive::Release::Date=Tue, 14 Nov 2023 22:13:20 UTC',
      'APT::FTPArchive::Release::Architectures=amd64 arm64',
      'APT::FTPArchive::Release::Components=main',
      'APT::FTPArchive::Release::Acquire-By-Hash=yes',
    ],
  );
});

test('the key that signs: its newest usable part counts, and there must be one', (t) => {
  const primary = 'sec:u:255:22:AAAA:1000:::u:::scESC:::+::ed25519:::0:';
  const fingerprint = `fpr:::::::::${FINGERPRINT}:`;
  const part = (validity: string, created: number, abilities: string, token = '+') =>
    `ssb:${validity}:255:22:BBBB:${created}::::::${abilities}:::${token}::ed25519::\nfpr:::::::::${'F'.repeat(40)}:`;
  const key = [primary, fingerprint, part('u', 3000, 's'), part('u', 9000, 'e')].join('\n');
  t.deepEqual(chooseKey('x', key), { fingerprint: FINGERPRINT, created: 3000 });
  const expired = [primary, fingerprint, part('e', 3000, 's'), part('r', 4000, 's')].join('\n');
  t.deepEqual(chooseKey('x', expired), { fingerprint: FINGERPRINT, created: 1000 });
  const gone = [primary.replace('sec:u', 'sec:e'), fingerprint].join('\n');
  t.throws(() => chooseKey('x', gone), { code: 'input/signing-key', message: /cannot sign now/ });
  const elsewhere = [primary.replace(':+:', ':#:'), fingerprint].join('\n');
  t.throws(() => chooseKey('x', elsewhere), { code: 'input/signing-key' });
  t.throws(() => chooseKey('x', `${key}\n${key}`), { message: /^2 secret keys are named "x"/ });
  t.throws(() => chooseKey('x', ''), { message: /^0 secret keys/ });
});

test('the metadata of a yum repository is read strictly', (t) => {
  const sha = 'c'.repeat(64);
  const repomd = `<?xml version="1.0"?><repomd xmlns="u"><revision>17</revision><data type="primary"><checksum type="sha256">${sha}</checksum><open-checksum type="sha256">x</open-checksum><location href="repodata/p.gz"/></data></repomd>`;
  t.deepEqual(parseRepomd(repomd), {
    revision: 17,
    data: [{ type: 'primary', href: 'repodata/p.gz', sha256: sha }],
  });
  const one = (checksum: string) =>
    `<metadata><package type="rpm"><name>a&amp;b</name><arch>noarch</arch><version epoch="1" ver="2" rel="3"/><checksum type="sha256" pkgid="YES">${checksum}</checksum><time file="1" build="9"/><location href="Packages/a.rpm"/><format><rpm:entry name="other"/></format></package></metadata>`;
  t.deepEqual(parsePrimary(one(sha)), [
    { title: 'a&b-1:2-3.noarch', sha256: sha, href: 'Packages/a.rpm', date: 9 },
  ]);
  for (const bad of [one('short'), '<metadata><package/></metadata>', '<metadata>', 'text'])
    t.throws(() => parsePrimary(bad), undefined, bad);
  t.throws(() => parseRepomd(`<!DOCTYPE x>${repomd}`));
});

test('a repository of another key is refused with a way out', (t) => {
  const found = 'the key AB is not in the keyring';
  const file = 'dists/stable/InRelease';
  const error = repositoryError([{ name: 'signature', file, expected: 'a good signature', found }]);
  t.regex(formatError(error), /kronos repo make NEW --key KEY DIR/);
  t.is(repositoryError([]), undefined);
});
