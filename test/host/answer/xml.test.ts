import test from 'ava';
import { formatError } from '../../../src/common/error.ts';
import { loadXml, type XmlElement } from '../../../src/host/answer/xml.ts';
import { compareWithGolden } from '../../golden.ts';
import { mistakesOf } from './answers.ts';

function load(xml: string | Uint8Array) {
  return loadXml(typeof xml === 'string' ? Buffer.from(xml) : xml, 'a.xml');
}

function place({
  location,
}: {
  location: { line?: number | undefined; column?: number | undefined };
}) {
  return `${String(location.line)}:${String(location.column)}`;
}

const TEXT = `<?xml version="1.0"?>\r
<!-- one --><?pi two?>
<a  x = "1&amp;2"
   y='>'><b/>  text &lt; <!-- three -->more
  <c
 z="">
    <![CDATA[ <raw> ]]></c
></a>
`;

test('elements, attributes, texts and remarks are placed where they were typed', (t) => {
  const { root, remarks } = load(TEXT);
  t.is(place(root), '3:1');
  t.deepEqual(
    root.attributes.map((one) => [one.name, one.value, place(one)]),
    [
      ['x', '1&2', '3:5'],
      ['y', '>', '4:4'],
    ],
  );
  const [b, c] = root.children as [XmlElement, XmlElement];
  t.deepEqual([place(b), place(c), place(c.attributes[0] ?? c)], ['4:10', '5:3', '6:2']);
  t.deepEqual(
    root.texts.map((one) => [one.text.trim(), place(one)]),
    [
      ['text <', '4:16'],
      ['more', '4:40'],
    ],
  );
  t.deepEqual(
    c.texts.map((one) => [one.text.trim(), one.cdata, place(one)]),
    [
      ['', false, '7:5'],
      ['<raw>', true, '7:5'],
    ],
  );
  t.deepEqual(
    remarks.map((one) => [one.kind, place(one)]),
    [
      ['comment', '2:1'],
      ['processing instruction', '2:13'],
      ['comment', '4:26'],
    ],
  );
});

test('UTF-8, UTF-16 and ISO-8859-1 are read', (t) => {
  const read = (bytes: Uint8Array): string =>
    load(bytes)
      .root.texts.map(({ text }) => text)
      .join('');
  const utf16 = Buffer.from('\ufeff<a>grün</a>', 'utf16le');
  t.is(read(Buffer.from('<a>grün</a>')), 'grün');
  t.is(read(Buffer.from('\ufeff<a>grün</a>')), 'grün');
  t.is(read(utf16), 'grün');
  t.is(read(Buffer.from(utf16).swap16()), 'grün');
  t.is(
    read(Buffer.from('<?xml version="1.0" encoding="Latin1"?><a>gr\xfcn</a>', 'latin1')),
    'grün',
  );
});

const BOMB = `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, i) => `<!ENTITY ${String.fromCharCode(98 + i)} "${`&${String.fromCharCode(97 + i)};`.repeat(10)}">`).join('')}]>`;

const REFUSED: readonly (readonly [string, string | Uint8Array])[] = [
  ['nothing', ''],
  ['white space', ' \n '],
  ['no XML', 'hostname: xen01\n'],
  ['an unknown entity', '<a>\n  &secret;</a>'],
  ['a lone ampersand', '<a>\n  fish & chips</a>'],
  ['a lone ampersand before a semicolon', '<a>\n  fish & chips; peas</a>'],
  ['a lone ampersand in an attribute', '<a>\n<b c="R&D"/></a>'],
  ['a bomb of entities', `${BOMB}<a>&j;</a>`],
  ['another file', '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/shadow">]>\n<a>&e;</a>'],
  ['a DOCTYPE without entities', '<?xml version="1.0"?>\n<!DOCTYPE a>\n<a/>'],
  ['no end', '<a>\n<b>'],
  ['the wrong end', '<a>\n<b></a>'],
  ['an end too many', '<a></a>\n</b>'],
  ['two roots', '<a/>\n<b/>'],
  ['an attribute twice', '<a>\n<b x="1" x="2"/></a>'],
  ['an attribute without quotes', '<a x=1/>'],
  ['an attribute without value', '<a x/>'],
  ['a control character', '<a>\x01</a>'],
  ['a character reference to none', '<a>&#x110000;</a>'],
  ['a name of a megabyte', `<a><${'b'.repeat(1_000_000)}`],
  ['50 levels and one', `${'<a>'.repeat(51)}${'</a>'.repeat(51)}`],
  ['too many elements', `<a>${'<b/>'.repeat(10_001)}</a>`],
  ['too many bytes', new Uint8Array(1024 * 1024 + 1).fill(32)],
  ['another encoding', '<?xml version="1.0" encoding="Shift_JIS"?><a/>'],
  [
    'UTF-16 that is called UTF-8',
    Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-8"?><a/>', 'utf16le'),
  ],
  ['UTF-16 without a mark', Buffer.from('<a/>', 'utf16le')],
  ['UTF-16 with half a character', Buffer.from([0xff, 0xfe, 0x3c])],
  [
    'UTF-8 that is called ISO-8859-1',
    Buffer.from('\ufeff<?xml version="1.0" encoding="iso-8859-1"?><a/>'),
  ],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0])],
  ['ISO-8859-1 that is not declared', Buffer.from('<a>\n gr\xfcn</a>', 'latin1')],
];

test('what is refused, with its place', async (t) => {
  const said = REFUSED.map(([what, xml]) => {
    try {
      load(xml);
      return `${what}: read`;
    } catch (error) {
      return `${what}:\n${mistakesOf(error).map(formatError).join('\n')}`;
    }
  });
  await compareWithGolden(t, import.meta.url, 'xml.txt', `${said.join('\n')}\n`);
});

test('50 levels are read', (t) => {
  t.notThrows(() => load(`${'<a>'.repeat(50)}${'</a>'.repeat(50)}`));
});
