// From the bytes of an XML file to its text, or to a plain word about why not.
import { KronosError } from '../../common/error.ts';
import { lineStarts, locationOf } from '../../common/line-map.ts';

/** Bytes; an answer file is a page of text, so whatever is larger was named by mistake. */
const SIZE_LIMIT = 1024 * 1024;

/**
 * Decodes UTF-8, UTF-16 with a byte order mark, and ISO-8859-1 where the file declares it.
 * Errors: `input/file-too-large`, `input/xml-encoding`.
 */
export function decodeXml(bytes: Uint8Array, file: string): string {
  if (bytes.length > SIZE_LIMIT) {
    throw new KronosError(
      'input/file-too-large',
      `an XML file may have at most ${String(SIZE_LIMIT)} bytes`,
      { location: { file }, hint: 'is this the right file?' },
    );
  }
  if (startsWith(bytes, [0xff, 0xfe, 0, 0]) || startsWith(bytes, [0, 0, 0xfe, 0xff])) {
    throw wrongEncoding('the file is in UTF-32', file);
  }
  if (startsWith(bytes, [0xff, 0xfe])) return decodeUtf16(bytes, 'utf-16le', file);
  if (startsWith(bytes, [0xfe, 0xff])) return decodeUtf16(bytes, 'utf-16be', file);
  if (startsWith(bytes, [0xef, 0xbb, 0xbf])) {
    const text = decodeUtf8(bytes, file);
    checkDeclared(declaredEncoding(text), ['utf-8'], 'UTF-8', file);
    return text;
  }
  const declared = declaredEncoding(Buffer.from(bytes.subarray(0, 200)).toString('latin1'));
  if (declared === undefined || declared === 'utf-8' || declared === 'us-ascii') {
    return decodeUtf8(bytes, file);
  }
  // TextDecoder would read ISO-8859-1 as Windows-1252.
  if (declared === 'iso-8859-1') return Buffer.from(bytes).toString('latin1');
  throw wrongEncoding(`the file declares the encoding ${JSON.stringify(declared)}`, file);
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}

function decodeUtf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be', file: string): string {
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw wrongEncoding('the file begins as UTF-16 but is not', file);
  }
  checkDeclared(declaredEncoding(text), ['utf-16', encoding], 'UTF-16', file);
  return text;
}

function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const text = new TextDecoder('utf-8').decode(bytes);
    const offset = Math.max(0, text.indexOf('\ufffd'));
    const { line, column } = locationOf(file, lineStarts(text), offset);
    throw wrongEncoding('this is not UTF-8', file, line, column);
  }
}

/** What the XML declaration says, in small letters and by its usual name. */
function declaredEncoding(start: string): string | undefined {
  const name = /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]{0,40})["']/
    .exec(start)?.[1]
    ?.toLowerCase();
  const usual: Readonly<Record<string, string>> = {
    utf8: 'utf-8',
    ascii: 'us-ascii',
    latin1: 'iso-8859-1',
    'iso8859-1': 'iso-8859-1',
    'iso_8859-1': 'iso-8859-1',
    'latin-1': 'iso-8859-1',
  };
  return name === undefined ? undefined : (usual[name] ?? name);
}

function checkDeclared(
  declared: string | undefined,
  right: readonly string[],
  found: string,
  file: string,
): void {
  if (declared === undefined || right.includes(declared)) return;
  throw wrongEncoding(`the file is in ${found} but declares ${JSON.stringify(declared)}`, file);
}

function wrongEncoding(message: string, file: string, line = 1, column = 1): KronosError {
  return new KronosError('input/xml-encoding', message, {
    location: { file, line, column },
    hint: 'save it in UTF-8 with <?xml version="1.0" encoding="UTF-8"?> as its first line',
  });
}
