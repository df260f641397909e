import { open } from 'node:fs/promises';

/** Writes bytes at an offset of a device or file that is there; they are on it when this resolves. */
export async function writeAt(path: string, data: Buffer, offset: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(data, 0, data.length, offset);
    await file.sync();
  } finally {
    await file.close();
  }
}
