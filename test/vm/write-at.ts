import { open } from 'node:fs/promises';

/** Writes bytes into a file that is there already. */
export async function writeAt(path: string, data: Buffer, offset: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(data, 0, data.length, offset);
  } finally {
    await file.close();
  }
}
