// What is sent, drawn by a real terminal emulation, is the screen that was meant.
import test from 'ava';
import fc from 'fast-check';
import xterm from '@xterm/headless';
import { BEGIN, drawScreen } from '../../../src/installer/ui/draw.ts';
import { COLUMNS, frame, ROWS, screenText, type Screen } from '../../../src/installer/ui/screen.ts';

const SPAN = fc.record(
  {
    text: fc.string({ unit: 'binary', maxLength: 90 }),
    style: fc.constantFrom('inverse' as const, 'bold' as const),
  },
  { requiredKeys: ['text'] },
);

const SCREEN: fc.Arbitrary<Screen> = fc
  .record(
    {
      title: fc.string({ unit: 'binary', maxLength: 100 }),
      corner: fc.string({ maxLength: 20 }),
      body: fc.array(fc.array(SPAN, { maxLength: 3 }), { maxLength: 20 }),
      message: fc.array(fc.string({ unit: 'binary', maxLength: 100 }), { maxLength: 3 }),
      keys: fc.string({ maxLength: 100 }),
      cursor: fc.record({ row: fc.nat(20), column: fc.nat(100) }),
    },
    { requiredKeys: ['title', 'corner', 'body', 'message', 'keys'] },
  )
  .map((parts) => frame(parts));

async function write(terminal: xterm.Terminal, bytes: string): Promise<void> {
  await new Promise<void>((resolve) => terminal.write(bytes, resolve));
}

function read(terminal: xterm.Terminal): string {
  const buffer = terminal.buffer.active;
  return Array.from(
    { length: ROWS },
    (_, row) =>
      `${
        buffer
          .getLine(buffer.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? ''
      }\n`,
  ).join('');
}

test('a screen is 24 lines of at most 80 characters of ASCII, whatever is in it', (t) => {
  fc.assert(
    fc.property(SCREEN, (screen) => {
      const lines = screenText(screen).split('\n').slice(0, -1);
      t.is(lines.length, ROWS);
      for (const line of lines) {
        t.true(line.length <= COLUMNS);
        t.regex(line, /^[ -~]*$/);
      }
    }),
  );
});

test('after any screens, what is seen is the last one, and nothing has scrolled', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(SCREEN, { minLength: 1, maxLength: 5 }), async (screens) => {
      const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
      try {
        let shown: Screen | undefined;
        await write(terminal, BEGIN);
        for (const screen of screens) {
          await write(terminal, drawScreen(shown, screen));
          shown = screen;
          t.is(read(terminal), screenText(screen));
          t.is(terminal.buffer.active.baseY, 0);
          const { cursor } = screen;
          if (cursor === undefined) continue;
          t.is(terminal.buffer.active.cursorX, cursor.column);
          t.is(terminal.buffer.active.cursorY, cursor.row);
        }
      } finally {
        terminal.dispose();
      }
    }),
    { numRuns: 60 },
  );
});

test('a screen that did not change sends nothing, and one line that did sends that', (t) => {
  const parts = { title: 'a', corner: '', body: [[{ text: 'one' }]], message: [], keys: '' };
  const before = frame(parts);
  t.is(drawScreen(before, frame(parts)), '');
  const bytes = drawScreen(before, frame({ ...parts, body: [[{ text: 'two' }]] }));
  t.is(bytes, '\x1b[3;1Htwo\x1b[K');
});
