// Finds the area for a host file in an ISO; what is in it is src/host/area.ts.
import { open } from 'node:fs/promises';
import { KronosError } from '../../common/error.ts';
import { HOST_AREA_SIZE, isHostArea } from '../../host/area.ts';
import { findInIso } from './iso9660.ts';

/** Path on the medium. */
export const HOST_AREA_PATH = '/kronos/host.area';

/** Where an area is in an ISO or a disk image, in bytes. */
export interface HostArea {
  offset: number;
  size: number;
}

/**
 * Finds the area in an image; `base` is where its ISO 9660 file system starts (0 in an ISO).
 * Errors: `verification/no-host-area` where the image has none; `input/not-an-iso`.
 */
export async function findHostArea(image: string, base = 0): Promise<HostArea> {
  const found = await findInIso(image, HOST_AREA_PATH, base);
  if (found?.size === HOST_AREA_SIZE) {
    const file = await open(image, 'r');
    try {
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(HOST_AREA_SIZE),
        0,
        HOST_AREA_SIZE,
        found.offset,
      );
      if (isHostArea(buffer.subarray(0, bytesRead))) return found;
    } finally {
      await file.close();
    }
  }
  throw new KronosError('verification/no-host-area', `${image} has no area for a host file`, {
    hint: 'only media made by this command have one',
  });
}
