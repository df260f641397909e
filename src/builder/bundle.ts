// Our own programs as single files: for the appliance, which has nodejs but no node_modules.
import { readFile, readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { BuildOptions, Metafile, OutputFile } from 'esbuild';
import { BUNDLED_LIBRARIES } from '../common/bundled-libraries.ts';
import { KronosError } from '../common/error.ts';
import { digestOf, type Sha256 } from '../common/digest.ts';
import { exists, writeFileAtomic } from '../common/files.ts';

/** A library whose code is in a bundle. */
export interface BundledLibrary {
  name: string;
  version: string;
  /** SPDX expression as the library states it. */
  license: string;
}

export interface Bundle {
  file: string;
  sha256: Sha256;
  /** Bytes. */
  size: number;
  /** Sorted by name, then version. */
  libraries: BundledLibrary[];
  /** The licence texts of the libraries, or undefined where nothing of others is in the bundle. */
  licencesFile: string | undefined;
}

/** The oldest Node that an edition has (Debian 12). */
const TARGET = 'node18.19';

/** What the name of a file with licence texts adds to that of the bundle. */
export const LICENCES = '.licences';

/** Between the licences of two libraries. */
export const LICENCE_RULE = `\n\n${'-'.repeat(72)}\n\n`;

/** A program: its compiled entry module, and the one file that it becomes (CommonJS, name it `.cjs`). */
export interface Program {
  entry: string;
  target: string;
}

/** Bundles one program as `bundlePrograms` does. Errors: the same. */
export async function bundleProgram(entry: string, target: string): Promise<Bundle> {
  const [made] = await bundlePrograms([{ entry, target }]);
  if (made === undefined) throw new TypeError('bundleProgram: nothing was made');
  return made;
}

/**
 * Bundles programs of one project, each with all that it imports. Next to each goes `TARGET.licences`. The same sources
 * give the same bytes wherever they lie. What several of them import is read once.
 *
 * Errors: `internal/bundle-failed`; `internal/bundle-path` where a library lies outside of the project.
 */
export async function bundlePrograms(programs: readonly Program[]): Promise<Bundle[]> {
  const [first] = programs;
  if (first === undefined) return [];
  const root = await findProject(dirname(first.entry));
  const result = await build(root, programs.map(({ entry }) => relative(root, entry)).join(', '), {
    // By number, because entries may have the same name.
    entryPoints: programs.map(({ entry }, index) => ({ in: entry, out: String(index) })),
    outdir: root,
    // Loads in half the time of an ES module that is written out: the start of a program is what is waited for.
    format: 'cjs',
    minify: true,
    // What was bundled for our own start has no licence beside it, and may not be there at all.
    alias: Object.fromEntries(BUNDLED_LIBRARIES.map((name) => [name, name])),
    target: TARGET,
    charset: 'utf8',
  });
  const made: Bundle[] = [];
  for (const [index, { entry, target }] of programs.entries()) {
    const inputs = importedBy(relative(root, entry), result.metafile.inputs);
    made.push(await writeBundle(root, inputs, target, result.outputFiles, `${index}.js`));
  }
  return made;
}

/** An input with all that it leads to, as esbuild names them. */
function importedBy(entry: string, inputs: Metafile['inputs']): string[] {
  const found = new Set([entry]);
  // A set goes on with what is added while it is walked.
  for (const name of found) {
    for (const { path } of inputs[name]?.imports ?? []) if (path in inputs) found.add(path);
  }
  return [...found];
}

/** Parts of libraries that are CommonJS ask for Node's modules in this way. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Bundles a library of the project below `root` into the directory `target`, which Node can then load by the library's name:
 * one file is read at every start instead of hundreds. Errors: as above.
 */
export async function bundleLibrary(root: string, name: string, target: string): Promise<Bundle> {
  const names = Object.keys((await import(name)) as Record<string, unknown>);
  const exported = names.filter((one) => /^[A-Za-z_$][\w$]*$/.test(one) && one !== '__esModule');
  const file = join(target, 'index.js');
  const result = await build(root, name, {
    outfile: file,
    stdin: {
      contents: `export { ${exported.join(', ')} } from ${JSON.stringify(name)};`,
      resolveDir: root,
    },
    format: 'esm',
    target: 'node20.19',
    // Names stay: people read them in stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    banner: { js: REQUIRE },
  });
  const inputs = Object.keys(result.metafile.inputs);
  const made = await writeBundle(root, inputs, file, result.outputFiles, 'index.js');
  const description = { name, type: 'module', exports: './index.js' };
  await writeFileAtomic(join(target, 'package.json'), `${JSON.stringify(description)}\n`);
  return made;
}

/** What esbuild makes with what all bundles have in common. */
async function build(root: string, what: string, options: BuildOptions) {
  // Loaded here because only builds that make the files of the appliance need it.
  const esbuild = await import('esbuild');
  const all = {
    ...options,
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    // What the compiler was told must not matter here: a checkout may have another configuration above it.
    tsconfigRaw: '{}',
    legalComments: 'external',
    // A linked node_modules would otherwise put the place of its target into the comments.
    preserveSymlinks: true,
    logLevel: 'silent',
  } as const;
  return esbuild.build(all).catch((error: unknown) => {
    throw new KronosError('internal/bundle-failed', `bundling ${what}`, { cause: error });
  });
}

/** Writes the output called `name` to `target`, and the licences of its inputs beside it. */
async function writeBundle(
  root: string,
  inputs: readonly string[],
  target: string,
  outputs: readonly OutputFile[],
  name: string,
): Promise<Bundle> {
  const sources = inputs.filter((input) => input !== '<stdin>').sort();
  const outside = sources.find((input) => input.startsWith('..') || isAbsolute(input));
  if (outside !== undefined) {
    throw new KronosError('internal/bundle-path', `${outside} lies outside of the project`, {
      hint: 'install the libraries with npm ci in the project itself',
    });
  }
  const code = outputs.find((file) => basename(file.path) === name);
  if (code === undefined) {
    throw new KronosError('internal/bundle-failed', `bundling ${target} gave nothing`);
  }
  const packages = await findPackages(root, sources);
  await writeFileAtomic(target, code.contents);
  const licencesFile = packages.length === 0 ? undefined : `${target}${LICENCES}`;
  if (licencesFile !== undefined) await writeFileAtomic(licencesFile, await licenceText(packages));
  return {
    file: target,
    sha256: digestOf(code.contents),
    size: code.contents.byteLength,
    libraries: packages.map(({ name, version, license }) => ({ name, version, license })),
    licencesFile,
  };
}

/** The directory with the package.json that a file belongs to. */
async function findProject(directory: string): Promise<string> {
  let current = directory;
  while (!(await exists(join(current, 'package.json')))) {
    const parent = dirname(current);
    if (parent === current) {
      throw new KronosError('internal/bundle-path', `no package.json above ${directory}`);
    }
    current = parent;
  }
  return current;
}

interface Package extends BundledLibrary {
  directory: string;
}

/** The packages that the inputs come from. */
async function findPackages(root: string, inputs: readonly string[]): Promise<Package[]> {
  const directories = new Set<string>();
  for (const input of inputs) {
    const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input);
    if (match !== null) directories.add(match[0]);
  }
  const packages = await Promise.all(
    [...directories].map(async (directory) => {
      const text = await readFile(join(root, directory, 'package.json'), 'utf8');
      const { name, version, license } = JSON.parse(text) as Partial<Record<string, string>>;
      return {
        directory: join(root, directory),
        name: name ?? directory,
        version: version ?? '0',
        license: license ?? 'NOASSERTION',
      };
    }),
  );
  const key = ({ name, version }: Package): string => `${name} ${version}`;
  return packages.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** What the licences ask to be handed on with the code. */
async function licenceText(packages: readonly Package[]): Promise<string> {
  const parts = await Promise.all(
    packages.map(async ({ directory, name, version, license }) => {
      const files = (await readdir(directory))
        .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
        .sort();
      const texts = await Promise.all(
        files.map(async (file) => (await readFile(join(directory, file), 'utf8')).trim()),
      );
      return [`${name} ${version} (${license})`, ...texts].join('\n\n');
    }),
  );
  return `${parts.join(LICENCE_RULE)}\n`;
}
