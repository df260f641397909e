import test from 'ava';
import fc from 'fast-check';
import { createTextFilter, readableText } from '../../src/lab/terminal-text.ts';

test('escape sequences go, line ends become one', (t) => {
  t.is(
    readableText('\x1b[1m\x1b[33mShell> \x1b[0mver\r\nok\rdone\r\r\n'),
    'Shell> ver\nok\ndone\n',
  );
  t.is(readableText('\x1b]0;title\x07a\x1b]0;title\x1b\\b\x1bPdata\x1b\\c\x1b(Bd'), 'abcd');
  t.is(readableText('a\x08\x00\x7fb\tc'), 'ab\tc');
});

test('a moved cursor starts a line, so that a menu does not run together', (t) => {
  t.is(readableText('\x1b[2J\x1b[01;01HGNU GRUB\x1b[04;05H*Kronos'), '\n\nGNU GRUB\n*Kronos');
});

test('text in any language stays', (t) => {
  t.is(readableText('größer 東京'), 'größer 東京');
});

const STREAM = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom('\r\n', '\r', '\n', '\x1b[2J', '\x1b[1;2H', '\x1b]0;t\x07', '\x1b(B', '\x1b'),
    ),
  )
  .map((parts) => parts.join(''));

test('how the stream is cut changes nothing', (t) => {
  fc.assert(
    fc.property(STREAM, fc.array(fc.nat(40)), (stream, cuts) => {
      const filter = createTextFilter();
      let text = '';
      let rest = stream;
      for (const cut of cuts) {
        text += filter(rest.slice(0, cut));
        rest = rest.slice(cut);
      }
      text += filter(rest);
      return text === readableText(stream);
    }),
  );
  t.pass();
});

test('nothing that a terminal acts on is left', (t) => {
  fc.assert(
    fc.property(STREAM, (stream) => !/[\x00-\x08\x0b-\x1f\x7f]/.test(readableText(stream))),
  );
  t.pass();
});
