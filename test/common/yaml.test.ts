import test from 'ava';
import fc from 'fast-check';
import { formatError, type KronosError } from '../../src/common/error.ts';
import { loadYaml } from '../../src/common/yaml.ts';
import type { Path } from '../../src/common/yaml.ts';

const TEXT = `# a comment - with a dash
name: base
"b c": [x, {y: 'z', q: k}]
list:
  - one: 1   # - not an item
    two:
  -
  - "quoted"
  - |  # a block
    text
  - - inner
    -
version: 4.20
empty: ""
folded: >
  a
  b
`;

function place(path: Path): string {
  const { line, column } = loadYaml(TEXT, 'f.yaml').locate(path);
  return `${String(line)}:${String(column)}`;
}

test('values are those of YAML 1.2', (t) => {
  t.deepEqual(loadYaml(TEXT, 'f.yaml').value, {
    name: 'base',
    'b c': ['x', { y: 'z', q: 'k' }],
    list: [{ one: 1, two: null }, null, 'quoted', 'text\n', ['inner', null]],
    version: 4.2,
    empty: '',
    folded: 'a b\n',
  });
  t.deepEqual(loadYaml('a: no\nb: 2024-01-01\nc: <<\n', 'f').value, {
    a: 'no',
    b: '2024-01-01',
    c: '<<',
  });
});

test('values are placed where they were typed', (t) => {
  t.is(place([]), '2:1');
  t.is(place(['name']), '2:7');
  t.is(place(['b c', 0]), '3:9');
  t.is(place(['b c', 1, 'y']), '3:16');
  t.is(place(['list', 0, 'one']), '5:10');
  t.is(place(['list', 2]), '8:5');
  t.is(place(['list', 3]), '9:5');
  t.is(place(['list', 4, 0]), '11:7');
  t.is(place(['empty']), '14:8');
  t.is(place(['folded']), '15:9');
});

test('a value without text is placed at its key or its dash', (t) => {
  t.is(place(['list', 0, 'two']), '6:5');
  t.is(place(['list', 1]), '7:3');
  t.is(place(['list', 4, 1]), '12:5');
});

test('keys are placed at the key, unknown paths at the nearest parent', (t) => {
  const document = loadYaml(TEXT, 'f.yaml');
  t.deepEqual(document.locateKey(['b c']), { file: 'f.yaml', line: 3, column: 1 });
  t.deepEqual(document.locateKey(['list', 0, 'two']), { file: 'f.yaml', line: 6, column: 5 });
  t.deepEqual(document.locateKey(['list', 2]), { file: 'f.yaml', line: 8, column: 5 });
  t.deepEqual(document.locate(['list', 0, 'nothing', 'here']), {
    file: 'f.yaml',
    line: 5,
    column: 5,
  });
});

test('the text of a scalar is kept as it was typed', (t) => {
  const document = loadYaml(TEXT, 'f.yaml');
  t.is(document.sourceOf(['version']), '4.20');
  t.is(document.sourceOf(['list']), undefined);
  t.is(document.sourceOf(['nothing']), undefined);
});

test('a byte order mark and carriage returns do not move places', (t) => {
  const document = loadYaml('\ufeffa: 1\r\nb:\r\n  - c\r\n', 'f.yaml');
  t.deepEqual(document.value, { a: 1, b: ['c'] });
  t.deepEqual(document.locate(['b', 0]), { file: 'f.yaml', line: 3, column: 5 });
});

const BAD: [title: string, text: string, expected: RegExp][] = [
  ['an open bracket', 'a: [1\nb: 2\n', /input\/yaml-syntax: f\.yaml:2:1: this is not YAML/],
  ['a tab', 'a:\n\tb: 1\n', /input\/yaml-syntax: f\.yaml:2:1: .*\n {2}hint: indent with spaces/],
  ['an open quote', 'a: "x\n', /input\/yaml-syntax: f\.yaml:/],
  [
    'an empty file',
    '',
    /input\/yaml-syntax: f\.yaml:1:1: expected one YAML document, found nothing/,
  ],
  ['two documents', 'a: 1\n---\nb: 1\n', /found 2 documents/],
  [
    'a duplicate key',
    'a: 1\nb: {c: 1, "c": 2}\n',
    /input\/duplicate-key: f\.yaml:2:11: the key "c" is there twice, first in line 2/,
  ],
  ['an anchor', 'a: &x 1\n', /f\.yaml:1:4: an anchor/],
  ['an alias', 'b: *x\n', /f\.yaml:1:4: an alias/],
  ['a tag', 'a: !!binary aGk=\n', /f\.yaml:1:4: a tag/],
  [
    'a number as key',
    'a:\n  4.20: x\n',
    /f\.yaml:2:3: expected a text as key, found 4\.20\n {2}hint: quote it: "4\.20"/,
  ],
  ['__proto__ as key', 'a: {__proto__: 1}\n', /f\.yaml:1:5: the key `__proto__` has no place here/],
  [
    'a list as key',
    '? [a]\n: b\n',
    /f\.yaml:1:3: expected a text as key, found a list or a mapping/,
  ],
  ['a null byte', 'a: \u0000\n', /input\/yaml-syntax/],
  ['nesting without end', '['.repeat(100), /input\/yaml-syntax/],
  ['a huge file', `a: ${'x'.repeat(1024 * 1024)}`, /input\/file-too-large/],
];

for (const [title, text, expected] of BAD) {
  test(`refused: ${title}`, (t) => {
    const error = t.throws(() => loadYaml(text, 'f.yaml'));
    t.regex(formatError(error), expected);
  });
}

test('all duplicate keys are reported at once', (t) => {
  const error = t.throws(() => loadYaml('a: 1\na: 2\nb: 1\nb: 2\n', 'f.yaml'));
  t.is(formatError(error).match(/duplicate-key/g)?.length, 2);
});

test('a message repeats no more of a text than people read', (t) => {
  const error = t.throws<KronosError>(() =>
    loadYaml(`a: !<${'x'.repeat(3000)}{> b\n`, 'long.yaml'),
  );
  t.is(error.code, 'input/yaml-syntax');
  t.true(error.message.length < 200, error.message);
});

test('aliases cannot make a short text large', (t) => {
  const levels = ['a0: &a0 [x, x]'];
  for (let i = 1; i < 30; i += 1)
    levels.push(`a${String(i)}: &a${String(i)} [*a${String(i - 1)}, *a${String(i - 1)}]`);
  t.regex(formatError(t.throws(() => loadYaml(levels.join('\n'), 'f.yaml'))), /input\/yaml-syntax/);
});

// Data printed in several ways, with the place of every key and value noted while printing.
interface Printed {
  text: string;
  places: { path: Path; line: number; column: number }[];
}

const key = fc.stringMatching(/^[a-z][a-z ]{0,5}[a-z]$/);
const scalar = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
  ),
}));

function print(value: unknown, style: () => 'block' | 'flow'): Printed {
  const places: Printed['places'] = [];
  let text = '';
  const mark = (path: Path): void => {
    const lines = text.split('\n');
    places.push({ path, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 });
  };
  const flow = (inner: unknown, path: Path): void => {
    mark(path);
    if (Array.isArray(inner)) {
      text += '[';
      for (const [i, item] of inner.entries()) {
        if (i > 0) text += ', ';
        flow(item, [...path, i]);
      }
      text += ']';
    } else if (typeof inner === 'object' && inner !== null) {
      text += '{';
      for (const [i, [name, item]] of Object.entries(inner).entries()) {
        text += `${i > 0 ? ', ' : ''}${JSON.stringify(name)}: `;
        flow(item, [...path, name]);
      }
      text += '}';
    } else {
      text += JSON.stringify(inner);
    }
  };
  const block = (inner: unknown, path: Path, indent: string): void => {
    const entries: [string | number, unknown][] = Array.isArray(inner)
      ? [...inner.entries()]
      : typeof inner === 'object' && inner !== null
        ? Object.entries(inner)
        : [];
    if (entries.length === 0 || style() === 'flow') {
      flow(inner, path);
      text += ' # - { | comment\n';
      return;
    }
    if (path.length > 0) text += '\n';
    for (const [i, [name, item]] of entries.entries()) {
      text += indent;
      if (i === 0) mark(path);
      text += typeof name === 'number' ? '- ' : `${name}: `;
      block(item, [...path, name], `${indent}  `);
    }
  };
  block(value, [], '');
  return { text, places };
}

test('property: values survive and every value is found where it was printed', (t) => {
  fc.assert(
    fc.property(
      tree,
      fc.infiniteStream(fc.constantFrom('block' as const, 'flow' as const)),
      (value, styles) => {
        const { text, places } = print(value, () =>
          styles.next().value === 'block' ? 'block' : 'flow',
        );
        const document = loadYaml(text, 'f.yaml');
        t.deepEqual(document.value, JSON.parse(JSON.stringify(value)));
        for (const { path, line, column } of places) {
          t.deepEqual(
            document.locate(path),
            { file: 'f.yaml', line, column },
            `${JSON.stringify(path)} in\n${text}`,
          );
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('property: whatever is thrown for wild text is a located KronosError', (t) => {
  const wild = fc.array(
    fc.constantFrom(
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      "'",
      '|',
      '>',
      '&x',
      '*x',
      '!',
      '#',
      '?',
      '\t',
      '1',
      '%',
      '---',
    ),
  );
  fc.assert(
    fc.property(wild, (pieces) => {
      try {
        loadYaml(pieces.join(''), 'f.yaml');
      } catch (error) {
        t.regex(formatError(error), /^error input\/(yaml-syntax|duplicate-key): f\.yaml/);
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
