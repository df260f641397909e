import test from 'ava';
import * as z from 'zod';
import { formatError } from '../../src/common/error.ts';
import { formatPath, validate } from '../../src/common/validate.ts';
import { loadYaml } from '../../src/common/yaml.ts';

const schema = z.strictObject({
  name: z.string().regex(/^[a-z]+$/, 'a name of small letters'),
  version: z.string().optional(),
  layer: z.enum(['host', 'live']).default('host'),
  packages: z
    .array(
      z.union([z.string(), z.strictObject({ name: z.string(), version: z.string().optional() })]),
    )
    .default([]),
  origins: z
    .record(
      z.string().regex(/^[a-z]+$/, 'a name'),
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('directory'), path: z.string() }),
        z.strictObject({
          type: z.literal('archive'),
          url: z.string(),
          retries: z.int().min(1).max(5).default(3),
        }),
      ]),
    )
    .optional(),
  run: z.array(z.string()).min(1).optional(),
});

function mistakes(text: string): string[] {
  try {
    validate(schema, loadYaml(text, 'f.yaml'), 'the file');
    return [];
  } catch (error) {
    return formatError(error)
      .split('\n')
      .map((line) => line.trim());
  }
}

test('the typed value has its defaults', (t) => {
  const value = validate(schema, loadYaml('name: a\n', 'f.yaml'), 'the file');
  t.deepEqual(value, { name: 'a', layer: 'host', packages: [] });
});

const BAD: [title: string, text: string, expected: string[]][] = [
  [
    'unknown key',
    'name: a\nlayre: host\n',
    [
      'error input/unknown-key: f.yaml:2:1: unknown key "layre" in the file',
      'hint: did you mean "layer"?',
    ],
  ],
  [
    'unknown key far from all',
    'name: a\nqqqqqqq: 1\n',
    [
      'error input/unknown-key: f.yaml:2:1: unknown key "qqqqqqq" in the file',
      'hint: the keys here are name, version, layer, packages, origins, run',
    ],
  ],
  [
    'unknown key of an item',
    'name: a\npackages:\n  - { name: b, versoin: "1" }\n',
    [
      'error input/unknown-key: f.yaml:3:16: unknown key "versoin" at packages[0] of the file',
      'hint: did you mean "version"?',
    ],
  ],
  [
    'unknown key of a tagged union',
    'name: a\norigins: { x: { type: archive, ulr: u, url: v } }\n',
    [
      'error input/unknown-key: f.yaml:2:32: unknown key "ulr" at origins.x of the file',
      'hint: did you mean "url"?',
    ],
  ],
  [
    'number for text',
    'name: a\nversion: 4.20\n',
    [
      'error input/wrong-type: f.yaml:2:10: version of the file: expected a text, found the number 4.20',
      'hint: quote it: "4.20"',
    ],
  ],
  [
    'number for text in a union',
    'name: a\npackages: [b, 4.20]\n',
    [
      'error input/wrong-type: f.yaml:2:15: packages[1] of the file: expected a text or a mapping, found the number 4.20',
      'hint: quote it: "4.20"',
    ],
  ],
  [
    'truth value for text',
    'name: true\n',
    [
      'error input/wrong-type: f.yaml:1:7: name of the file: expected a text, found the truth value true',
      'hint: quote it: "true"',
    ],
  ],
  [
    'text for list',
    'name: a\npackages: b\n',
    ['error input/wrong-type: f.yaml:2:11: packages of the file: expected a list, found "b"'],
  ],
  [
    'nothing for list',
    'name: a\npackages:\n',
    ['error input/wrong-type: f.yaml:2:1: packages of the file: expected a list, found nothing'],
  ],
  [
    'list for the whole',
    '- a\n',
    ['error input/wrong-type: f.yaml:1:1: the file: expected a mapping, found a list'],
  ],
  [
    'missing key',
    'layer: live\n',
    [
      'error input/missing-key: f.yaml:1:1: the key "name" is missing in the file',
      'hint: add it: a text',
    ],
  ],
  [
    'missing tag',
    'name: a\norigins: { x: { path: p } }\n',
    [
      'error input/missing-key: f.yaml:2:15: the key "type" is missing at origins.x of the file',
      'hint: add it: directory or archive',
    ],
  ],
  [
    'wrong tag',
    'name: a\norigins: { x: { type: directroy } }\n',
    [
      'error input/wrong-value: f.yaml:2:23: origins.x.type of the file: expected directory or archive, found "directroy"',
      'hint: did you mean "directory"?',
    ],
  ],
  [
    'wrong choice',
    'name: a\nlayer: hots\n',
    [
      'error input/wrong-value: f.yaml:2:8: layer of the file: expected host or live, found "hots"',
      'hint: did you mean "host"?',
    ],
  ],
  [
    'wrong pattern',
    'name: A1\n',
    [
      'error input/wrong-value: f.yaml:1:7: name of the file: expected a name of small letters, found "A1"',
    ],
  ],
  [
    'number out of range',
    'name: a\norigins: { x: { type: archive, url: u, retries: 9 } }\n',
    [
      'error input/wrong-value: f.yaml:2:49: origins.x.retries of the file: expected at most 5, found the number 9',
    ],
  ],
  [
    'fraction',
    'name: a\norigins: { x: { type: archive, url: u, retries: 1.5 } }\n',
    [
      'error input/wrong-type: f.yaml:2:49: origins.x.retries of the file: expected a whole number, found the number 1.5',
    ],
  ],
  [
    'empty list',
    'name: a\nrun: []\n',
    [
      'error input/wrong-value: f.yaml:2:6: run of the file: expected a list of at least 1, found an empty list',
    ],
  ],
  [
    'bad key of a record',
    'name: a\norigins: { X1: { type: directory, path: p } }\n',
    [
      'error input/wrong-value: f.yaml:2:12: origins of the file: expected a name as key, found "X1"',
    ],
  ],
];

for (const [title, text, expected] of BAD) {
  test(`refused: ${title}`, (t) => {
    t.deepEqual(mistakes(text), expected);
  });
}

test('all mistakes come at once in the order of the file', (t) => {
  const lines = mistakes('layre: 1\nversion: 4.20\npackages: [1]\n').filter((line) =>
    line.startsWith('error'),
  );
  t.deepEqual(
    lines.map((line) => line.split(':')[2]),
    ['1', '1', '2', '3'],
  );
});

test('paths are written as in program text', (t) => {
  t.is(formatPath(['packages', 0, 'name']), 'packages[0].name');
  t.is(formatPath([]), '');
  // A name that somebody leant on the keyboard for makes no message that nobody reads.
  t.is(formatPath(['variables', 'x'.repeat(3000)]), `variables.${'x'.repeat(120)}...`);
  const deep = formatPath(Array.from({ length: 500 }, (_, index) => `a${index}`));
  t.regex(deep, /^\.\.\..*\.a499$/);
  t.true(deep.length < 400);
});
