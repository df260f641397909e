// SHA-256 of large files, by a program: Node is busy meanwhile, and on machines without instructions for it, hashing takes
// its time.
import { run } from '../common/process.ts';

/** It could not be read. */
const INCOMPLETE = 1;

/** SHA-256 of a file; undefined where it cannot be read. */
export async function digestWithProgram(path: string): Promise<string | undefined> {
  const { stdout } = await run(['sha256sum', '--zero', '--', path], { accept: [0, INCOMPLETE] });
  return parseDigestLines(stdout)[0]?.[1];
}

/** What `sha256sum --zero` prints: a digest, two signs, a path, and a zero. */
export function parseDigestLines(output: string): [path: string, sha256: string][] {
  return output
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => [line.slice(66), line.slice(0, 64)]);
}
