// Bundles the libraries that every start loads into one file each, under build/node_modules, where Node looks before it
// looks beside package.json: two files are read at every start instead of two hundred. The launcher and `npm run build`
// call it after they have compiled; without it everything works, a tenth of a second later.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLED_LIBRARIES } from '../common/bundled-libraries.ts';
import { writeFileAtomic } from '../common/files.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MODULES = join(ROOT, 'build/node_modules');

/** Parts of libraries that are CommonJS ask for Node's modules in this way. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Writes the bundle of one library. Errors: those of esbuild and of the file system. */
async function bundleLibrary(name: string): Promise<void> {
  const directory = join(MODULES, name);
  await mkdir(directory, { recursive: true });
  await build({
    stdin: { contents: `export * from ${JSON.stringify(name)};`, resolveDir: ROOT },
    outfile: join(directory, 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    // Names stay: people read them in stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    banner: { js: REQUIRE },
    legalComments: 'none',
    tsconfigRaw: '{}',
    logLevel: 'error',
  });
  const description = { name, type: 'module', exports: './index.js' };
  await writeFileAtomic(join(directory, 'package.json'), `${JSON.stringify(description)}\n`);
}

await rm(MODULES, { recursive: true, force: true });
await Promise.all(BUNDLED_LIBRARIES.map((name) => bundleLibrary(name)));
