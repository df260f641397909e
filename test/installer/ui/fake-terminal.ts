// A terminal of 80x24 in memory: what is sent to it is drawn by an emulation, what is typed comes in as bytes.
import xterm from '@xterm/headless';
import type { Terminal } from '../../../src/installer/ui/terminal.ts';

export interface FakeTerminal extends Terminal {
  /** Sends bytes as a keyboard would. */
  type: (bytes: string) => void;
  /** What is seen now, 24 lines. */
  lines: () => Promise<string[]>;
  /** Waits until a text is seen; the error shows what is. */
  see: (pattern: RegExp | string) => Promise<string>;
  hangUp: () => void;
  /** Everything that was ever sent. */
  sent: () => string;
  taken: () => boolean;
}

/** `mute`: it does not say its size; the emulation still answers when it is asked for its cursor. */
export function fakeTerminal(
  size: { columns: number; rows: number } | 'mute' = { columns: 80, rows: 24 },
): FakeTerminal {
  const screen = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  let sent = '';
  let taken = false;
  let listener: (bytes: Buffer) => void = () => undefined;
  let end: () => void = () => undefined;
  screen.onData((answer) => {
    listener(Buffer.from(answer));
  });
  const lines = async (): Promise<string[]> => {
    await new Promise<void>((resolve) => screen.write('', resolve));
    const buffer = screen.buffer.active;
    return Array.from(
      { length: 24 },
      (_, row) =>
        buffer
          .getLine(buffer.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? '',
    );
  };
  return {
    name: 'hvc0',
    size: () => (size === 'mute' ? undefined : size),
    write: (text) => {
      sent += text;
      screen.write(text);
    },
    onBytes: (next) => {
      listener = next;
    },
    onResize: () => undefined,
    onEnd: (next) => {
      end = next;
    },
    take: () => {
      taken = true;
    },
    release: () => {
      taken = false;
    },
    type: (bytes) => {
      listener(Buffer.from(bytes));
    },
    lines,
    see: async (pattern) => {
      const until = performance.now() + 20_000;
      for (;;) {
        const text = (await lines()).join('\n');
        if (typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text)) return text;
        if (performance.now() > until) throw new Error(`${String(pattern)} is not seen:\n${text}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    hangUp: () => {
      end();
    },
    sent: () => sent,
    taken: () => taken,
  };
}
