// A fixed area in every medium that a host file can be written into afterwards, without making the medium again.
import { KronosError } from '../common/error.ts';

/** Bytes of the area. */
export const HOST_AREA_SIZE = 256 * 1024;

/**
 * The first lines of the area; after them come, where there is a host file, `UNATTENDED` and the file, then newlines to the
 * end. GRUB reads the area as an environment block, for which the first line is needed and lines with # are comments.
 */
export const HOST_AREA_MAGIC = '# GRUB Environment Block\n#KRONOS-HOST-AREA 1\n';

/** Makes the boot menu start the unattended installation by itself: a medium with a host file is one that installs. */
const UNATTENDED = 'kronos_default=unattended\n';

/**
 * The bytes of an area that holds `text`, or nothing.
 * Errors: `input/host-file-too-large`, `input/host-file-content`.
 */
export function formatHostArea(text = ''): Buffer {
  const content = Buffer.from(/^\n*$/.test(text) ? '' : `${UNATTENDED}${text}`);
  const room = HOST_AREA_SIZE - HOST_AREA_MAGIC.length - 1;
  if (content.length > room) {
    throw new KronosError(
      'input/host-file-too-large',
      `the host file has ${String(Buffer.byteLength(text))} bytes, the medium has room for ${String(room - UNATTENDED.length)}`,
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
  if (text === '') return undefined;
  return `${text.startsWith(UNATTENDED) ? text.slice(UNATTENDED.length) : text}\n`;
}

/** Whether these bytes are a whole area, filled in or not. */
export function isHostArea(area: Buffer): boolean {
  return (
    area.length === HOST_AREA_SIZE &&
    area.subarray(0, HOST_AREA_MAGIC.length).toString() === HOST_AREA_MAGIC
  );
}
