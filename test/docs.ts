// Writes the pages that are made from code: `npm run docs`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fleetFileJsonSchema } from '../src/fleet/file/json-schema.ts';
import { hostFileJsonSchema } from '../src/host/json-schema.ts';
import { renderReference } from '../src/cli/reference.ts';
import { renderAnswerFilesPage } from '../src/host/answer/document.ts';
import { findErrorCodes, renderErrors } from './error-codes.ts';
import { renderFleetReference } from './fleet-reference.ts';
import { renderHostReference } from './host-reference.ts';

const root = join(import.meta.dirname, '../..');
await writeFile(join(root, 'docs/cli.md'), await renderReference());
await writeFile(join(root, 'docs/errors.md'), renderErrors(await findErrorCodes(root)));
await writeFile(join(root, 'docs/answer-files.md'), renderAnswerFilesPage());
await writeFile(join(root, 'docs/schema/host-file.schema.json'), hostFileJsonSchema());
await writeFile(join(root, 'docs/host-file.md'), await renderHostReference(root));
await writeFile(join(root, 'docs/schema/fleet-file.schema.json'), fleetFileJsonSchema());
await writeFile(join(root, 'docs/fleet-file.md'), await renderFleetReference(root));
