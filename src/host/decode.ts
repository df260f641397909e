// Bytes to text: UTF-8 and nothing else, with the line where it stops being that.
import { KronosError } from '../common/error.ts';

/** The text in UTF-8 bytes, with or without a byte order mark. Errors: `input/encoding`, located. */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const wide =
      (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw new KronosError('input/encoding', 'this is not UTF-8 text', {
      location: { file, line: wide ? 1 : firstBadLine(bytes) },
      hint: wide ? 'it is UTF-16; save it as UTF-8' : 'save it as UTF-8',
    });
  }
}

/** The line of the first character that is no UTF-8; a line that is good alone is good in the whole. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  let start = 0;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  while (start < bytes.length) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found + 1;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end;
    line += 1;
  }
  return line;
}
