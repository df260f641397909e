// What a person would see on a serial terminal: the bytes drawn by a real terminal emulation.
import xterm from '@xterm/headless';

/** The screen after the bytes, line by line, without trailing spaces. */
export async function renderScreen(
  bytes: Uint8Array | string,
  columns = 80,
  rows = 24,
): Promise<string[]> {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  try {
    await new Promise<void>((resolve) => terminal.write(bytes, resolve));
    const buffer = terminal.buffer.active;
    return Array.from(
      { length: rows },
      (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? '',
    );
  } finally {
    terminal.dispose();
  }
}
