// The step's own code as an input: whoever mends a step gets fresh results without touching a version number.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestData, digestOf, type Sha256 } from '../../common/digest.ts';

/** Static, side-effect and literal dynamic imports of relative modules, as the compiler writes them. */
const IMPORT_PATTERN = /(?:\bfrom\s*|\bimport\s*\(?\s*)['"](\.{1,2}\/[^'"]+)['"]/g;

const closures = new Map<string, Sha256>();

/** All modules of this project that `file` reaches by relative imports, itself included, sorted. */
export function importClosure(file: string): string[] {
  const seen = new Set<string>();
  const queue = [file];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const text = readFileSync(next, 'utf8');
    for (const match of text.matchAll(IMPORT_PATTERN)) {
      if (match[1] !== undefined) queue.push(resolve(dirname(next), match[1]));
    }
  }
  return [...seen].sort();
}

/**
 * Digest of the code behind a module (`import.meta.url`): the text of every module it reaches. Where the checkout lies
 * does not matter. Errors: those of node:fs when a module is missing.
 */
export function digestModule(url: string): Sha256 {
  const known = closures.get(url);
  if (known !== undefined) return known;
  const files = importClosure(fileURLToPath(url));
  const digest = digestData(files.map((file) => digestOf(readFileSync(file))));
  closures.set(url, digest);
  return digest;
}
