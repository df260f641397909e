// Writes docs/schema; run after a change of schema.ts: node build/src/builder/recipe/write-schemas.js
import { join } from 'node:path';
import { writeFileAtomic } from '../../common/files.ts';
import { jsonSchemas } from './json-schema.ts';

for (const { file, text } of jsonSchemas()) await writeFileAtomic(join('docs/schema', file), text);
