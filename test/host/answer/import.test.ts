import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { compareWithGolden, sourceDirectory } from '../../golden.ts';
import { CANARY, tryImport, type Options } from './answers.ts';

const FIXTURES = join(sourceDirectory(import.meta.url), 'fixtures');

const FILES: readonly (readonly [string, string, Options])[] = [
  ['xcp-ng-8.3.xml', 'xcp-ng-8.3', {}],
  ['xenserver-8.xml', 'xenserver-8', {}],
  ['old-names.xml', 'old-names', {}],
  ['mistakes.xml', 'mistakes', {}],
  ['mistakes.xml', 'mistakes-lenient', { lenient: true }],
];

for (const [file, name, options] of FILES) {
  test(`a whole answer file: ${name}`, async (t) => {
    const { notes, hostFile, errors } = await tryImport(
      await readFile(join(FIXTURES, file)),
      options,
      file,
    );
    const text = [...errors, ...hostFile, ...notes].join('\n');
    t.false(text.includes(CANARY));
    await compareWithGolden(t, import.meta.url, `${name}.txt`, `${text}\n`);
  });
}

const MINIMAL = `<installation>
<primary-disk>sda</primary-disk>
<admin-interface name="eth0" proto="dhcp"/>
</installation>`;

test('a missing sr-type means what it means to the installer', async (t) => {
  const typeOf = async (xml: string, options: Options = {}): Promise<string | undefined> =>
    (await tryImport(xml, options)).hostFile.find((line) => line.includes('type:'))?.trim();
  t.is(await typeOf(MINIMAL), '- type: ext');
  t.is(await typeOf(MINIMAL, { dialect: 'xenserver' }), '- type: lvm');
  t.is(await typeOf(MINIMAL, { dialect: 'xcp-ng' }), '- type: ext');
  const spoken = MINIMAL.replace('<primary-disk>', '<primary-disk fs-type="ext4">');
  t.is(await typeOf(spoken), '- type: lvm');
  t.is(await typeOf(spoken, { dialect: 'xcp-ng' }), '- type: ext');
  const both = spoken.replace('<installation>', '<installation gpgcheck="true">');
  t.is(await typeOf(both), '- type: ext');
  const asks = (await tryImport(MINIMAL)).notes.find((note) => note.includes('--dialect'));
  t.true(asks?.startsWith('a.xml:1:1: changed: <installation>: there is no sr-type'));
});

test('a password that cannot be hashed is asked for at the first login', async (t) => {
  const xml = MINIMAL.replace(
    '</installation>',
    `<root-password>${CANARY}</root-password></installation>`,
  );
  const { hostFile, notes } = await tryImport(xml, { hash: undefined });
  t.true(hostFile.includes('  passwordHash: "!!"'));
  t.true(notes.some((note) => note.includes('cannot be kept: <root-password>')));
  t.false([...hostFile, ...notes].join().includes(CANARY));
});

test('a password is nowhere in what is said about a mistake', async (t) => {
  for (const xml of [
    `<installation><root-password>${CANARY}`,
    `<installation><root-password type="${CANARY}">${CANARY}</root-password></installation>`,
    `<installation><root-password>${CANARY}\nsecond line</root-password></installation>`,
    `<installation><root-password>${CANARY.repeat(40)}</root-password></installation>`,
    `<installation>${CANARY}<root-password/>${CANARY}</installation>`,
    `<installation><source type="url">ftp://root:${CANARY}@x.example.net/</source></installation>`,
    `<installation root-password="${CANARY}"/>`,
  ]) {
    for (const lenient of [false, true]) {
      const { errors } = await tryImport(xml, { lenient });
      t.true(errors.length > 0);
      t.false(errors.join('\n').includes(CANARY), errors.join('\n'));
    }
  }
});

test('after many mistakes the rest is only counted', async (t) => {
  const { errors } = await tryImport(`<installation>${'<foo/>'.repeat(200)}</installation>`);
  t.is(errors.length, 51);
  t.regex(errors.at(-1) ?? '', /there are 152 more mistakes/);
});
