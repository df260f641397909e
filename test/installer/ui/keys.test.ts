// Bytes of a terminal to keys, wherever the stream is cut.
import test from 'ava';
import fc from 'fast-check';
import { createKeyDecoder, type Key } from '../../../src/installer/ui/keys.ts';

/** The keys of chunks, with the time after the last one. */
function decode(...chunks: (string | Uint8Array)[]): Key[] {
  const decoder = createKeyDecoder();
  const keys = chunks.flatMap((chunk) => decoder.push(Buffer.from(chunk)));
  return [...keys, ...decoder.flush()];
}

const names = (...chunks: string[]): string[] =>
  decode(...chunks).map((key) => (key.name === 'text' ? `'${key.text}'` : key.name));

const KEYS: readonly (readonly [what: string, bytes: string, ...keys: string[]])[] = [
  ['arrows of xterm and Linux', '\x1b[A\x1b[B\x1b[C\x1b[D', 'up', 'down', 'right', 'left'],
  ['arrows in application mode', '\x1bOA\x1bOB\x1bOC\x1bOD', 'up', 'down', 'right', 'left'],
  ['arrows with modifiers', '\x1b[1;5A\x1b[1;2D', 'up', 'left'],
  [
    'the editing keys of vt220',
    '\x1b[1~\x1b[2~\x1b[3~\x1b[4~\x1b[5~\x1b[6~',
    'home',
    'insert',
    'delete',
    'end',
    'page-up',
    'page-down',
  ],
  ['home and end of xterm', '\x1b[H\x1b[F\x1bOH\x1bOF', 'home', 'end', 'home', 'end'],
  ['home and end of rxvt', '\x1b[7~\x1b[8~', 'home', 'end'],
  [
    'function keys of Linux',
    '\x1b[[A\x1b[[B\x1b[[E\x1b[17~\x1b[24~',
    'f1',
    'f2',
    'f5',
    'f6',
    'f12',
  ],
  [
    'function keys of vt220 and xterm',
    '\x1bOP\x1bOQ\x1b[11~\x1b[12~\x1b[15~\x1b[21~',
    'f1',
    'f2',
    'f1',
    'f2',
    'f5',
    'f10',
  ],
  ['function keys of a line that has none', '\x1b2\x1b0', 'f2', 'f10'],
  ['Tab and Shift-Tab', '\t\x1b[Z\x1b\t', 'tab', 'back-tab', 'back-tab'],
  ['Enter, as it comes', '\r\n\r\n\n', 'enter', 'enter', 'enter'],
  ['both Backspaces', '\x7f\x08', 'backspace', 'backspace'],
  [
    'controls',
    '\x03\x0c\x15\x01\x05\x00',
    'interrupt',
    'redraw',
    'clear',
    'home',
    'end',
    'unknown',
  ],
  ['text', 'xen01', "'xen01'"],
  ['text in any language', 'größe 東京 \u{1f600}', "'größe 東京 \u{1f600}'"],
  ['a pasted text with its marks', '\x1b[200~ssh-rsa AAAA\x1b[201~', "'ssh-rsa AAAA'"],
  ['Esc alone', '\x1b', 'escape'],
  ['Esc twice', '\x1b\x1b', 'escape', 'escape'],
  ['Esc before an arrow', '\x1b\x1b[A', 'escape', 'up'],
  ['a sequence that nothing has', '\x1b[99~\x1b[?1;2c', 'unknown', 'unknown'],
  ['Alt with a letter', '\x1bxa', 'unknown', "'a'"],
  ['an answer of the terminal', '\x1bP1$r0m\x1b\\\x1b]0;title\x07a', "'a'"],
  ['the beginning of a sequence', '\x1b[1', 'unknown'],
];

for (const [what, bytes, ...keys] of KEYS) {
  test(`keys: ${what}`, (t) => {
    t.deepEqual(names(bytes), keys);
  });
}

test('the answer to where the cursor is', (t) => {
  t.deepEqual(decode('\x1b[24;80R'), [{ name: 'position', row: 24, column: 80 }]);
});

test('bytes that are no UTF-8 do no harm', (t) => {
  const keys = decode(new Uint8Array([0x61, 0xff, 0xfe, 0x62]));
  t.deepEqual(keys, [{ name: 'text', text: 'a\ufffd\ufffdb' }]);
});

test('an ESC waits for what may follow', (t) => {
  const decoder = createKeyDecoder();
  t.deepEqual(decoder.push(Buffer.from('\x1b')), []);
  t.true(decoder.waiting());
  t.deepEqual(decoder.push(Buffer.from('[A')), [{ name: 'up' }]);
  t.false(decoder.waiting());
});

/** Texts are one key or several, as they come. */
function joined(keys: readonly Key[]): Key[] {
  const all: Key[] = [];
  for (const key of keys) {
    const last = all.at(-1);
    if (key.name === 'text' && last?.name === 'text')
      all[all.length - 1] = { name: 'text', text: last.text + key.text };
    else all.push(key);
  }
  return all;
}

test('wherever the stream is cut, the keys are the same', (t) => {
  // Without a line end of two characters: cut in two it is two.
  const parts = KEYS.map(([, bytes]) => bytes).filter((bytes) => !bytes.includes('\r\n'));
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...parts, 'a', '\r'), { maxLength: 12 }),
      fc.array(fc.nat(200), { maxLength: 20 }),
      (sequence, cuts) => {
        const bytes = Buffer.from(sequence.join(''));
        const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort(
          (a, b) => a - b,
        );
        const chunks = [0, ...places].map((from, index) =>
          bytes.subarray(from, places[index] ?? bytes.length),
        );
        t.deepEqual(joined(decode(...chunks)), joined(decode(bytes)));
      },
    ),
  );
});

test('whatever comes, there are no controls in a text, and nothing is kept for ever', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
      const decoder = createKeyDecoder();
      const keys = chunks.flatMap((chunk) => decoder.push(chunk));
      for (const key of [...keys, ...decoder.flush()])
        if (key.name === 'text') t.notRegex(key.text, /\p{Cc}/u);
      t.false(decoder.waiting());
    }),
    { numRuns: 500 },
  );
});
