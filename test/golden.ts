// Golden files: what a test prints is compared with a committed text; KRONOS_UPDATE_GOLDEN=1 writes it anew.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

/** Compares with `golden/NAME` beside the test (`import.meta.url`, in build/ or not). */
export async function compareWithGolden(
  t: ExecutionContext,
  testUrl: string,
  name: string,
  text: string,
): Promise<void> {
  const directory = sourceDirectory(testUrl);
  const file = join(directory, 'golden', name);
  if (process.env['KRONOS_UPDATE_GOLDEN'] === '1') {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const expected = await readFile(file, 'utf8').catch(() => '');
  t.is(text, expected, `${basename(file)} differs; KRONOS_UPDATE_GOLDEN=1 writes it anew`);
}

/** The directory of the .ts file that a compiled test was made from. */
export function sourceDirectory(testUrl: string): string {
  return dirname(fileURLToPath(testUrl)).replace(/\/build\/test(?=\/|$)/, '/test');
}
