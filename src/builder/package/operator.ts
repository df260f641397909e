// What the command `kronos` consists of where it is installed: compiled modules, because steps are known by the digests of
// their modules and sandboxes and threads start modules of their own; libraries, one file each; recipes and templates.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, listFiles, readTextOrUndefined } from '../../common/files.ts';
import { bundleLibrary, LICENCES } from '../bundle.ts';
import type { PackageFile } from './definition.ts';

/** Where the command is on the machine of an operator. */
export const OPERATOR_ROOT = '/usr/lib/kronos';

/** Directories beside package.json that go along as they are. */
const DATA = ['iso', 'packaging', 'recipes', 'web'];

/** `import ... from 'name'` as the compiler writes it, of a library. */
const LIBRARY_IMPORT =
  /^(?:import|export)\s[^'"]*\bfrom\s+['"]((?:@[^/'"]+\/)?[a-z][^/'":]*)['"]/gm;

export interface OperatorParts {
  files: PackageFile[];
  /** Licence texts of the libraries. */
  licences: string[];
}

/**
 * The files of the checkout, or of the installed command, at `root`. Libraries are bundled into `scratch`; `programs` is the
 * directory of the single-file programs. Errors: those of bundleLibrary and of node:fs.
 */
export async function collectOperator(
  root: string,
  version: string,
  programs: string,
  scratch: string,
): Promise<OperatorParts> {
  const modules = await compiledModules(root);
  const description = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    license: string;
  };
  const { license } = description;
  const files: PackageFile[] = [
    text(
      'package.json',
      `${JSON.stringify({ name: 'kronos', version, license, type: 'module' })}\n`,
    ),
    file(root, 'COPYING'),
    ...modules.map((path) => file(root, path)),
  ];
  for (const directory of DATA) {
    const found = await listFiles(join(root, directory));
    files.push(...found.map((path) => file(root, `${directory}/${path}`)));
  }
  for (const path of await listFiles(programs))
    if (!path.startsWith('.')) files.push(file(programs, path, 'programs/'));
  const licences: string[] = [];
  for (const name of await libraryNames(root, modules)) {
    const directory = join('build/node_modules', name);
    const there = join(root, directory);
    const packed = (await exists(join(root, 'node_modules'))) ? join(scratch, directory) : there;
    if (packed !== there) await bundleLibrary(root, name, packed);
    for (const part of await listFiles(packed)) files.push(file(packed, part, `${directory}/`));
    licences.push((await readTextOrUndefined(join(packed, `index.js${LICENCES}`))) ?? '');
  }
  return { files, licences };
}

/** Modules that have a source; a checkout may hold compiled ones of sources that are gone. */
async function compiledModules(root: string): Promise<string[]> {
  const compiled = await listFiles(join(root, 'build/src'));
  const sources = (await exists(join(root, 'src')))
    ? await listFiles(join(root, 'src'))
    : undefined;
  return compiled
    .filter((path) => path.endsWith('.js'))
    .filter((path) => sources?.includes(path.replace(/\.js$/, '.ts')) ?? true)
    .map((path) => `build/src/${path}`);
}

async function libraryNames(root: string, modules: readonly string[]): Promise<string[]> {
  const names = new Set<string>();
  for (const path of modules) {
    const code = await readFile(join(root, path), 'utf8');
    for (const [, name] of code.matchAll(LIBRARY_IMPORT)) if (name !== undefined) names.add(name);
  }
  return [...names].sort();
}

function file(directory: string, path: string, prefix = ''): PackageFile {
  const source = join(directory, path);
  // A script that recipes copy is one here too; what starts the command is not among these.
  const script = readFileSync(source).subarray(0, 3).toString() === '#!/';
  return { path: `${OPERATOR_ROOT}/${prefix}${path}`, mode: script ? 0o755 : 0o644, source };
}

function text(path: string, content: string): PackageFile {
  return { path: `${OPERATOR_ROOT}/${path}`, mode: 0o644, text: content };
}
