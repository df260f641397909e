// Bundles the libraries that every start loads into one file each, under build/node_modules, where Node looks before it
// looks beside package.json: two files are read at every start instead of two hundred. The launcher and `npm run build`
// call it after they have compiled; without it everything works, a tenth of a second later.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleLibrary } from '../builder/bundle.ts';
import { BUNDLED_LIBRARIES } from '../common/bundled-libraries.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MODULES = join(ROOT, 'build/node_modules');

await rm(MODULES, { recursive: true, force: true });
await Promise.all(BUNDLED_LIBRARIES.map((name) => bundleLibrary(ROOT, name, join(MODULES, name))));
