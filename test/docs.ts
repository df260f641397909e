// Writes the pages that are made from code: `npm run docs`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderReference } from '../src/cli/reference.ts';

await writeFile(join(import.meta.dirname, '../../docs/cli.md'), await renderReference());
