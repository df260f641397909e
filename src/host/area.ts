// A fixed area in every medium that a host file can be written into afterwards, without making the medium again.
import { KronosError } from '../common/error.ts';

/** Bytes of the area. */
export const HOST_AREA_SIZE = 256 * 1024;

/** The first line of the area; after it comes the host file, then newlines to the end. */
export const HOST_AREA_MAGIC = '#KRONOS-HOST-AREA 1\n';

/**
 * The bytes of an area that holds `text`, or nothing.
 * Errors: `input/host-file-too-large`, `input/host-file-content`.
 */
export function formatHostArea(text = ''): Buffer {
  const content = Buffer.from(text);
  const room = HOST_AREA_SIZE - HOST_AREA_MAGIC.length - 1;
  if (content.length > room) {
    throw new KronosError(
      'input/host-file-too-large',
      `the host file has ${String(content.length)} bytes, the medium has room for ${String(room)}`,
      {
        hint: 'serve it over HTTP and name its address at boot, or shorten it',
      },
    );
  }
  if (content.includes(0)) {
    throw new KronosError(
      'input/host-file-content',
      'the host file contains a zero byte; it must be text',
    );
  }
  const area = Buffer.alloc(HOST_AREA_SIZE, '\n');
  area.write(HOST_AREA_MAGIC);
  content.copy(area, HOST_AREA_MAGIC.length);
  return area;
}

/** The host file in an area without the newlines that fill it up, or undefined where it is empty or no area. */
export function parseHostArea(area: Buffer): string | undefined {
  if (!isHostArea(area)) return undefined;
  const text = area.subarray(HOST_AREA_MAGIC.length).toString('utf8').replace(/\n+$/, '');
  return text === '' ? undefined : `${text}\n`;
}

/** Whether these bytes are a whole area, filled in or not. */
export function isHostArea(area: Buffer): boolean {
  return (
    area.length === HOST_AREA_SIZE &&
    area.subarray(0, HOST_AREA_MAGIC.length).toString() === HOST_AREA_MAGIC
  );
}
