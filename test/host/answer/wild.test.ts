import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { loadYaml } from '../../../src/common/yaml.ts';
import { validate } from '../../../src/common/validate.ts';
import { importAnswerFile } from '../../../src/host/answer/import.ts';
import { ANSWER_TABLE } from '../../../src/host/answer/table.ts';
import { hostFileSchema } from '../../../src/host/schema/host-file.ts';
import { sourceDirectory } from '../../golden.ts';
import { CANARY, mistakesOf } from './answers.ts';

const FIXTURES = join(sourceDirectory(import.meta.url), 'fixtures');
const SEEDS = await Promise.all(
  (await readdir(FIXTURES)).map((name) => readFile(join(FIXTURES, name))),
);

/** Milliseconds; shared machines stall now and then, so a slow one is tried again. */
const LIMIT = 1000;

const BOMB =
  '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>';

/** Texts that are put into a file somewhere. */
const POISON = [
  BOMB,
  '<!DOCTYPE x SYSTEM "file:///etc/shadow">',
  '&c;', '&', '<', '>', ']]>', '<![CDATA[', '<!--', '-->', '<?xml version="1.0"?>', '<?pi', '"', "'",
  '\0', '\ufffe', '\ud83d\ude00', '\u2028', '\u0085', '\t', '\r', '${serial}', '{{x}}', '*', '&#0;', '&#x41;',
  '99999999999999999999999999', '-1', '1e999', '0x10', 'NaN', '__proto__', 'constructor', 'toString',
  '<root-password>', '</installation>', '<installation>', '<raid device="md127"><disk>sda</disk>',
  ' type="hash"', ' mode="upgrade"', ' swraid="true"', 'sda,missing', '!!', 'iscsi:', '/dev/disk/by-id/',
]; // prettier-ignore

type Mutation = (bytes: Buffer) => Buffer;

const at = fc.double({ min: 0, max: 1, noNaN: true });
const place = (bytes: Buffer, part: number): number => Math.floor(part * bytes.length);
const insert = (bytes: Buffer, part: number, text: Buffer): Buffer => {
  const where = place(bytes, part);
  return Buffer.concat([bytes.subarray(0, where), text, bytes.subarray(where)]);
};

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(at, fc.integer({ min: 0, max: 7 })).map(([part, bit]): Mutation => (bytes) => {
    const copy = Buffer.from(bytes);
    const where = Math.min(place(bytes, part), copy.length - 1);
    if (where >= 0) copy[where] = (copy[where] ?? 0) ^ (1 << bit);
    return copy;
  }),
  fc.tuple(at, fc.constantFrom(...POISON)).map(
    ([part, text]): Mutation =>
      (bytes) =>
        insert(bytes, part, Buffer.from(text)),
  ),
  fc.tuple(at, at).map(([start, length]): Mutation => (bytes) => {
    const from = place(bytes, start);
    return Buffer.concat([
      bytes.subarray(0, from),
      bytes.subarray(from + place(bytes, length / 8)),
    ]);
  }),
  fc.tuple(at, at, at).map(
    ([start, length, target]): Mutation =>
      (bytes) =>
        insert(
          bytes,
          target,
          bytes.subarray(place(bytes, start), place(bytes, start) + place(bytes, length / 4)),
        ),
  ),
  at.map(
    (part): Mutation =>
      (bytes) =>
        bytes.subarray(0, place(bytes, part)),
  ),
  fc.tuple(at, fc.integer({ min: 1, max: 300 })).map(
    ([part, depth]): Mutation =>
      (bytes) =>
        insert(bytes, part, Buffer.from('<guest-disks>'.repeat(depth))),
  ),
  fc.integer({ min: 1, max: 80 }).map(
    (depth): Mutation =>
      (bytes) =>
        Buffer.concat([Buffer.from('<a>'.repeat(depth)), bytes, Buffer.from('</a>'.repeat(depth))]),
  ),
  fc
    .tuple(
      at,
      fc.constantFrom('a', '9', '<b/>', '&amp;', ' ', '\n'),
      fc.integer({ min: 1, max: 20_000 }),
    )
    .map(
      ([part, text, count]): Mutation =>
        (bytes) =>
          insert(bytes, part, Buffer.from(text.repeat(count))),
    ),
  fc.constantFrom(
    ...([
      (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le'),
      (bytes) => Buffer.from(`\ufeff${bytes.toString('latin1')}`, 'utf16le'),
      (bytes) => Buffer.from(`\ufeff${bytes.toString('latin1')}`, 'utf8'),
      (bytes) =>
        Buffer.from(bytes.toString('latin1').replace(/encoding="[^"]*"/, 'encoding="UTF-7"')),
      (bytes) =>
        Buffer.from(bytes.toString('latin1').replaceAll(/\d+/g, (digits) => digits.repeat(40))),
      (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r')),
    ] satisfies Mutation[]),
  ),
);

const mutated = fc
  .tuple(fc.constantFrom(...SEEDS), fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([seed, mutations]) => mutations.reduce<Buffer>((bytes, mutate) => mutate(bytes), seed));

const VALUES = [
  '', 'true', 'yes', 'no', '1', 'fresh', 'reinstall', 'upgrade', 'lvm', 'ext', 'largeblock', 'local', 'url', 'nfs',
  'static', 'dhcp', 'none', 'autoconf', 'mbr', 'partition', 'if-utility', 'enabled', 'hash', 'plaintext', 'manual',
  'installation-start', 'filesystem-populated', 'installation-complete', 'lacp', 'eth0', 'eth1', 'eth0,eth1', 'bond0',
  'sda', 'sdb', 'sda,sdb', 'sda,missing', 'missing,missing', 'md127', '/dev/md127', '/dev/disk/by-id/x', '/dev/null',
  'iscsi:192.0.2.1::::iqn.x', '192.0.2.1', '255.255.255.0', '0.0.0.0', '255.255.255.255', '2001:db8::1/64', 'fe80::1',
  '52:54:00:12:34:56', '12', '4095', 'xen01', 'xen01.example.net', 'a.b.c.d', '-', 'Europe/Berlin', 'us', 'true ', 'null',
  'https://u:p@h.example.net/a?b#c', 'file:///a b', 'file://localhost/x', 'http://', 'nfs://h/x', 'h:/x', 'grub2',
  'vswitch', 'bridge', 'on', 'off', '!!', '$6$abc$0123456789012345678901234567890', CANARY, '- x: y', '# x', '"', "'", '\\', '%',
]; // prettier-ignore

/** What is right for an element or an attribute, so that a fair part of the files is imported. */
const RIGHT: Readonly<Record<string, readonly string[]>> = {
  mode: ['fresh', 'reinstall', 'lacp'], 'sr-type': ['lvm', 'ext', 'largeblock'], srtype: ['ext'], type: ['url', 'nfs'],
  'primary-disk': ['sda', '/dev/sdb', 'md127', '/dev/disk/by-id/wwn-0x5000c500a1b2c3d4'], device: ['md127'],
  disk: ['sdc', 'sdd'], 'guest-disk': ['sda', 'sdc', 'nvme0n1'], 'preserve-first-partition': ['no', 'if-utility'],
  'fs-type': ['ext4'], swraid: ['false'], name: ['eth0', 'bond0'], hwaddr: ['52:54:00:12:34:56'], members: ['eth0,eth1'],
  proto: ['dhcp', 'static'], protov6: ['none', 'static', 'autoconf'], vlan: ['1', '4094'], ipaddr: ['192.0.2.10'],
  subnet: ['255.255.255.0'], gateway: ['192.0.2.1'], ipv6: ['2001:db8::1/64'], gatewayv6: ['fe80::1'],
  'name-server': ['192.0.2.53'], hostname: ['xen01', 'xen01.example.net'], timezone: ['Europe/Berlin'], keymap: ['us'],
  source: ['dhcp', 'http://h.example.net/'], 'ntp-server': ['ntp.example.net'], bootloader: ['grub2'],
  location: ['mbr', 'partition'], 'network-backend': ['vswitch'], 'ssh-mode': ['on', 'auto'], state: ['enabled'],
  stage: ['installation-start', 'filesystem-populated'], script: ['https://h.example.net/a.sh', 'file:///root/a.sh'],
  'driver-source': ['nfs.example.net:/x'], 'post-install-script': ['https://h.example.net/a.sh'],
}; // prettier-ignore

const anything = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);
const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

function value(name: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...(RIGHT[name] ?? ['true', 'no', 'x'])) },
    { weight: 1, arbitrary: anything },
  );
}

/** An element of the table with some of its attributes, some of its children and a text. */
function element(name: string, depth: number): fc.Arbitrary<string> {
  const definition = ANSWER_TABLE.find((one) => [one.name, ...(one.aliases ?? [])].includes(name));
  const attributes = (definition?.attributes ?? []).map((one) => one.name);
  const within = ANSWER_TABLE.filter(({ parents }) => parents.includes(definition?.name ?? ''));
  const children =
    depth === 0 || within.length === 0
      ? fc.constant([])
      : fc.array(
          fc
            .constantFrom(...within.flatMap((one) => [one.name, ...(one.aliases ?? [])]))
            .chain((child) => element(child, depth - 1)),
          { maxLength: name === 'installation' ? 12 : 4 },
        );
  return fc
    .tuple(
      fc.oneof(fc.constant(attributes), fc.subarray(attributes)),
      fc.tuple(...attributes.map(value)),
      children,
      definition?.content === 'text' ? value(definition.name) : fc.constant(''),
    )
    .map(([some, values, inner, text]) => {
      const list = some
        .map((one) => ` ${one}="${escape(values[attributes.indexOf(one)] ?? '')}"`)
        .join('');
      return `<${name}${list}>${escape(text)}${inner.join('')}</${name}>`;
    });
}

/** Files that are XML and mean something, most of the time at least something wrong. */
const meaningful = fc
  .tuple(
    element('primary-disk', 0),
    element('admin-interface', 1),
    element('installation', 2),
    fc.boolean(),
  )
  .map(([disk, admin, whole, complete]) =>
    Buffer.from(
      complete
        ? whole.replace(
            />/,
            `><primary-disk>sdz</primary-disk><admin-interface name="eth9" proto="dhcp"/>`,
          )
        : whole.replace(/>/, `>${disk}${admin}`),
    ),
  );

const outcomes = { imported: 0, refused: 0 };

async function holds(bytes: Buffer, lenient: boolean): Promise<void> {
  const started = performance.now();
  try {
    const { hostFile, notes } = await importAnswerFile(bytes, 'wild.xml', {
      lenient,
      hashPassword: () => Promise.resolve('!!'),
    });
    validate(hostFileSchema, loadYaml(hostFile, 'x.yaml'), 'the host file');
    for (const { location } of notes) if (location.line === undefined) throw new Error('no place');
    outcomes.imported += 1;
  } catch (error) {
    for (const { code, location } of mistakesOf(error)) {
      if (!code.startsWith('input/')) throw error;
      if (location?.file !== 'wild.xml') throw new Error('no place', { cause: error });
      const whole = ['input/file-too-large', 'input/too-many-mistakes'].includes(code);
      if (location.line === undefined && !whole) throw new Error('no line', { cause: error });
    }
    outcomes.refused += 1;
  }
  if (performance.now() - started > LIMIT) throw new Error('too slow');
}

async function holdsInTime(bytes: Buffer, lenient: boolean): Promise<void> {
  try {
    await holds(bytes, lenient);
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'too slow') throw error;
    await holds(bytes, lenient);
  }
}

test('property: 7,000 broken files are imported or refused with a place, in under a second each', async (t) => {
  await fc.assert(fc.asyncProperty(mutated, fc.boolean(), holdsInTime), { numRuns: 7000 });
  t.true(outcomes.refused > 1000);
});

test('property: so are 3,000 files of known elements with all kinds of values', async (t) => {
  const before = outcomes.imported;
  await fc.assert(fc.asyncProperty(meaningful, fc.boolean(), holdsInTime), { numRuns: 3000 });
  t.true(outcomes.imported > before);
  t.log(outcomes);
});

test('the largest files are read or refused in under a second', async (t) => {
  const million = 1024 * 1024;
  const fill = (head: string, text: string, tail: string): Buffer =>
    Buffer.from(
      head + text.repeat(Math.floor((million - head.length - tail.length) / text.length)) + tail,
    );
  const files = [
    fill('<installation>', '<a/>', '</installation>'),
    fill('<installation>', '<!---->', '</installation>'),
    fill('<installation>', 'x', '</installation>'),
    fill('<installation>', '&amp;', '</installation>'),
    fill('<installation><', 'a', '/></installation>'),
    fill('<installation ', 'a', '=""/>'),
    fill('<installation><primary-disk>', 'a', '</primary-disk></installation>'),
    fill('<installation><primary-disk>', 'disk/by-id/-part1', '</primary-disk></installation>'),
    fill('<installation><hostname>', 'a.', '</hostname></installation>'),
    fill('<installation><hostname>', 'a-', '</hostname></installation>'),
    fill('<installation><timezone>', 'a/', '</timezone></installation>'),
    fill('<installation><root-password type="hash">$6$', '$', '</root-password></installation>'),
    fill(
      '<installation><script stage="installation-start" type="url">http://',
      '@',
      '</script></installation>',
    ),
    fill('<installation mode="', 'fresh ', '"/>'),
    fill('<installation>', '<ntp-server>h</ntp-server>\n', '</installation>'),
    fill('', '<a>', ''),
    fill('', '&', ''),
    fill('<a>', '&', ''),
    fill('', '\n', ''),
  ];
  for (const bytes of files) await t.notThrowsAsync(holdsInTime(bytes, true));
});
