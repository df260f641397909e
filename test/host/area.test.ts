import test from 'ava';
import fc from 'fast-check';
import {
  formatHostArea,
  HOST_AREA_MAGIC,
  HOST_AREA_SIZE,
  parseHostArea,
} from '../../src/host/area.ts';

test('an area has one size, begins with its mark and is empty or holds text', (t) => {
  for (const text of ['', 'hostname: a\n']) {
    const area = formatHostArea(text);
    t.is(area.length, HOST_AREA_SIZE);
    const start = text === '' ? '\n' : `kronos_default=unattended\n${text}`;
    t.true(area.toString().startsWith(HOST_AREA_MAGIC + start));
    t.is(parseHostArea(area), text === '' ? undefined : text);
  }
  t.is(parseHostArea(Buffer.alloc(HOST_AREA_SIZE)), undefined);
  t.is(parseHostArea(formatHostArea('a').subarray(1)), undefined);
});

test('any text comes back with one newline at its end', (t) => {
  const text = fc
    .string({ unit: 'grapheme', maxLength: 1000 })
    .filter((each) => !each.includes('\0'));
  fc.assert(
    fc.property(text, (each) => {
      const wanted = each.replace(/\n+$/, '');
      t.is(parseHostArea(formatHostArea(each)), wanted === '' ? undefined : `${wanted}\n`);
    }),
  );
});

test('what does not fit and what is not text is refused', (t) => {
  const room = HOST_AREA_SIZE - HOST_AREA_MAGIC.length - 'kronos_default=unattended\n'.length - 1;
  t.notThrows(() => formatHostArea('x'.repeat(room)));
  t.throws(() => formatHostArea('x'.repeat(room + 1)), { code: 'input/host-file-too-large' });
  t.throws(() => formatHostArea('a\0b'), { code: 'input/host-file-content' });
});
