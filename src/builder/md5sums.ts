// Lines of the file md5sums, which every .deb has.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** The line for a file; `path` is that on the host, without the slash in front. Errors: those of node:fs. */
export async function md5Line(file: string, path: string): Promise<string> {
  return `${createHash('md5')
    .update(await readFile(file))
    .digest('hex')}  ${path}\n`;
}
