// The version of the program, as package.json says it.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemCode } from './error.ts';

/** The version, for example `0.1.0`. Read from the package that this file lies in, built or not. */
export async function programVersion(): Promise<string> {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    try {
      const text = await readFile(join(directory, 'package.json'), 'utf8');
      const data = JSON.parse(text) as { version: string };
      return data.version;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || directory === dirname(directory)) throw error;
    }
  }
}
