// Whatever the bytes of a host file are: it is valid, or each mistake has its place; never a crash, never a long wait.
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import { KronosError, KronosErrors } from '../../src/common/error.ts';
import { decodeText } from '../../src/host/decode.ts';
import { parseHostFile } from '../../src/host/read.ts';
import { sourceDirectory } from '../golden.ts';

const FILES = join(sourceDirectory(import.meta.url), 'files');

/** Milliseconds of this process for one file; the clock would count the neighbours too. */
const LIMIT = 1000;

/** The most wild thing that may happen to a line. */
const FRAGMENTS = [
  ...[
    '&a ',
    '*a',
    '!!binary ',
    '<<: *a',
    '? ',
    '- - - ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '|\n',
    '>\n',
  ],
  ...[
    '\t',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '# ',
    ': ',
    '\0',
    '\u2028',
    '\ufeff',
    '\r',
    '${',
    '${x}',
  ],
  ...[
    '${serial}',
    '$${',
    '1e400',
    '-1',
    '0x7fffffffffffffff',
    '.nan',
    '.inf',
    '9'.repeat(400),
    '~',
  ],
  ...[
    '[['.repeat(40),
    '{a: '.repeat(60),
    '[]',
    '{}',
    'null',
    'true',
    '__proto__: 1\n',
    'constructor: {}\n',
  ],
  ...[
    'x'.repeat(3000),
    'hostname: a\n',
    'version: 2\n',
    'include: [a]\n',
    '::/0',
    '192.0.2.300/99',
  ],
];

type Mutation =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'insert'; at: number; what: number }
  | { kind: 'cut'; at: number; length: number }
  | { kind: 'repeat'; at: number; length: number }
  | { kind: 'bytes'; at: number; bytes: Uint8Array };

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), what: fc.nat() }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.nat(60) }),
  fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), length: fc.nat(200) }),
  fc.record({
    kind: fc.constant('bytes' as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  }),
);

function mutate(bytes: Buffer, one: Mutation): Buffer {
  const at = bytes.length === 0 ? 0 : one.at % bytes.length;
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (one.kind) {
    case 'flip': {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy.writeUInt8(copy.readUInt8(at) ^ (1 << one.bit), at);
      return copy;
    }
    case 'insert':
      return Buffer.concat([head, Buffer.from(FRAGMENTS[one.what % FRAGMENTS.length] ?? ''), tail]);
    case 'cut':
      return Buffer.concat([head, tail.subarray(one.length)]);
    case 'repeat':
      return Buffer.concat([head, tail.subarray(0, one.length), tail]);
    case 'bytes':
      return Buffer.concat([head, one.bytes, tail]);
  }
}

/** Processor time on a busy machine is not always one's own: what took too long may show that it can be faster. */
async function judge(bytes: Buffer, tries = 3): Promise<'valid' | 'refused'> {
  try {
    return await judgeOnce(bytes);
  } catch (error) {
    if (tries > 1 && error instanceof Error && error.message.startsWith('took ')) {
      return judge(bytes, tries - 1);
    }
    throw error;
  }
}

/** Reads bytes as a host file; throws where the outcome is none that may be. */
async function judgeOnce(bytes: Buffer): Promise<'valid' | 'refused'> {
  const started = process.cpuUsage();
  try {
    await parseHostFile(decodeText(bytes, 'wild.yaml'), 'wild.yaml');
    return 'valid';
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    for (const one of error instanceof KronosErrors ? error.errors : [error]) {
      if (one.class !== 'input') throw error;
      if (one.location === undefined) throw new Error(`no place: ${one.message}`, { cause: one });
      if (one.message.length > 1000) throw new Error('a message that nobody reads', { cause: one });
    }
    return 'refused';
  } finally {
    const { user, system } = process.cpuUsage(started);
    const took = (user + system) / 1000;
    if (took > LIMIT) throw new Error(`took ${took} ms`);
  }
}

for (const [name, runs] of [
  ['example.yaml', 4000],
  ['surprising.yaml', 3000],
  ['minimal.yaml', 3000],
] as const) {
  test.serial(
    `${String(runs)} mutations of ${name} are valid or refused with a place`,
    async (t) => {
      const original = await readFile(join(FILES, 'good', name));
      const seen = { valid: 0, refused: 0 };
      await fc.assert(
        fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
          seen[await judge(mutations.reduce(mutate, original))] += 1;
        }),
        { numRuns: runs },
      );
      t.true(seen.refused > runs / 10 && seen.valid > 0, JSON.stringify(seen));
    },
  );
}

const good = 'version: 1\nhostname: x\nroot: {}\n';

for (const [name, text] of Object.entries({
  'deep brackets': `a: ${'['.repeat(100_000)}`,
  'deep mappings': '{a: '.repeat(60_000),
  'deep indentation': Array.from({ length: 650 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
  'a very long key': `${good}${'k'.repeat(250_000)}: 1\n`,
  'a very long value': `version: 1\nhostname: ${'h.'.repeat(120_000)}\n`,
  'a very long keymap': `${good}keymap: ${'x'.repeat(250_000)}!\n`,
  'many unknown keys': Array.from({ length: 20_000 }, (_, i) => `kez${i}: 1\n`).join(''),
  'many mistakes in a list': `${good}ntp:\n${'- "??"\n'.repeat(36_000)}`,
  'many variables': `${good}keymap: "${'${serail}'.repeat(25_000)}"\n`,
  'many dollars': `${good}keymap: "${'$'.repeat(250_000)}"\n`,
  'many open variables': `${good}keymap: "${'${'.repeat(120_000)}"\n`,
  'a bomb of aliases': `a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n`,
  'a merge key': `a: &a {x: 1}\nb: {<<: *a}\n`,
  'a tag': 'version: !!js/function "x"\n',
  'only newlines': '\n'.repeat(250_000),
  'only spaces': ' '.repeat(250_000),
  'only a mark': '\ufeff',
  'too large': 'x'.repeat(256 * 1024 + 1),
})) {
  test.serial(`${name}: refused with a place in less than a second`, async (t) => {
    t.is(await judge(Buffer.from(text)), 'refused');
  });
}
