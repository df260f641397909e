// Where the libraries and interpreters of programs come from: the packages themselves, or packages of the suite. What
// comes from nowhere is named before anything is built.
import { posix } from 'node:path';
import { canonicalPath } from '../manifest/owners.ts';
import { multiarchOf } from './entry.ts';
import { failure, type Finding } from './finding.ts';
import type { PlacedObject, Programs } from './programs.ts';
import type { PlannedPackage } from './split.ts';
import type { SuiteFiles } from './suite-files.ts';

export interface Target {
  suite: string;
  architecture: string;
}

/** What the suite knows of its packages. */
export interface SuitePackages {
  files: SuiteFiles;
  has: (name: string) => boolean;
  isEssential: (name: string) => boolean;
}

/** What was found of the packages' programs. */
export interface Resolved {
  /** Packages of the suite that have libraries. */
  libraryPackages: Set<string>;
  /** Packages of the suite that have interpreters, by the package that needs them. */
  interpreters: Map<string, Set<string>>;
  /** Packages of the split that others of it need, by the package that needs them. */
  siblings: Map<string, Set<string>>;
}

/** How readelf calls the machines, and their width. */
const MACHINES: Readonly<Record<string, string>> = {
  amd64: 'Advanced Micro Devices X86-64',
  arm64: 'AArch64',
};

/** Packages with only the core of an interpreter, and those that scripts may count on. */
const WHOLE: Readonly<Record<string, string>> = {
  'python3-minimal': 'python3',
  'perl-base': 'perl',
};

/** What every system has, whoever makes the link. */
const SHELL_LINKS = new Set(['/usr/bin/sh']);

/** Where a program is looked for that has no directory, as by `env`. */
const PROGRAM_DIRECTORIES = ['/usr/sbin', '/usr/bin'];

/** Directories that the dynamic linker of the suite looks into, canonical. */
export function linkerPath(architecture: string, more: readonly string[] = []): string[] {
  return [...more.map(canonicalPath), `/usr/lib/${multiarchOf(architecture)}`, '/usr/lib'];
}

/** Names of files whose packages have to be known: libraries, interpreters, and whatever is to be installed. */
export function wantedNames(
  packages: readonly PlannedPackage[],
  { objects, scripts }: Programs,
): Set<string> {
  const paths = [
    ...packages.flatMap(({ files }) =>
      files.filter(({ type }) => type !== 'directory').map(({ path }) => path),
    ),
    ...objects.flatMap(({ needed, interpreter }) =>
      interpreter === undefined ? needed : [...needed, interpreter],
    ),
    ...scripts.map(({ interpreter }) => interpreter),
  ];
  return new Set(paths.map((path) => posix.basename(path)));
}

/** Paths under which a library is looked for on behalf of one file. */
function candidatesOf(library: string, object: PlacedObject, path: readonly string[]): string[] {
  if (library.includes('/')) return [canonicalPath(library)];
  const origin = posix.dirname(object.path);
  const own = object.runpath.map((directory) =>
    posix.normalize(directory.replace(/\$(?:ORIGIN|\{ORIGIN\})/g, origin)),
  );
  return [...own, ...path].map((directory) => canonicalPath(posix.join(directory, library)));
}

/** Of several packages with the same file: one that is asked for, else the first by name. */
function choosePackage(
  names: readonly string[],
  suite: SuitePackages,
  asked: ReadonlySet<string>,
): string | undefined {
  const there = names.filter((name) => suite.has(name)).sort();
  return there.find((name) => asked.has(name)) ?? there[0];
}

/**
 * Finds every library and interpreter. What is missing is told of in `findings`: `dependency/library-missing`,
 * `dependency/interpreter-missing`, and `input/wrong-machine` for programs of another architecture.
 */
export function resolvePrograms(
  packages: readonly PlannedPackage[],
  programs: Programs,
  suite: SuitePackages,
  target: Target,
  findings: Finding[],
): Resolved {
  const own = new Map<string, string>();
  for (const { name, files } of packages) {
    for (const { path, type } of files) if (type !== 'directory') own.set(path, name);
  }
  const asked = new Set(
    packages.flatMap(({ relations }) =>
      relations.depends.map((text) => text.split(/[ :]/)[0] ?? ''),
    ),
  );
  const search: Search = {
    ...{ own, asked, suite, target, findings },
    resolved: { libraryPackages: new Set(), interpreters: new Map(), siblings: new Map() },
  };
  resolveLibraries(programs, search);
  resolveInterpreters(programs, search);
  tellWrongMachines(programs.objects, target, findings);
  return search.resolved;
}

interface Search {
  /** Packages of the split by path. */
  own: ReadonlyMap<string, string>;
  /** Names that the split depends on anyway. */
  asked: ReadonlySet<string>;
  suite: SuitePackages;
  target: Target;
  resolved: Resolved;
  findings: Finding[];
}

function note<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}

/** The first of some places that a package of the split or of the suite has. */
function findOwner(
  places: readonly string[],
  { own, suite, asked }: Search,
): { sibling: string } | { package: string } | undefined {
  for (const place of places) {
    const sibling = own.get(place);
    if (sibling !== undefined) return { sibling };
    const chosen = choosePackage(suite.files.get(place) ?? [], suite, asked);
    if (chosen !== undefined) return { package: chosen };
  }
  return undefined;
}

function resolveLibraries(programs: Programs, search: Search): void {
  const { resolved, target } = search;
  const missing = new Map<string, Set<string>>();
  const path = linkerPath(target.architecture, programs.libraryDirectories);
  for (const object of programs.objects) {
    const linker = object.interpreter === undefined ? [] : [object.interpreter];
    for (const library of [...object.needed, ...linker]) {
      const owner = findOwner(candidatesOf(library, object, path), search);
      if (owner === undefined) note(missing, library, object.path);
      else if ('package' in owner) resolved.libraryPackages.add(owner.package);
      else if (owner.sibling !== object.package)
        note(resolved.siblings, object.package, owner.sibling);
    }
  }
  tellMissing('library', missing, search);
}

function resolveInterpreters(programs: Programs, search: Search): void {
  const { resolved, suite } = search;
  const missing = new Map<string, Set<string>>();
  for (const script of programs.scripts) {
    const { interpreter } = script;
    const places = interpreter.startsWith('/')
      ? [canonicalPath(interpreter)]
      : PROGRAM_DIRECTORIES.map((directory) => posix.join(directory, interpreter));
    if (places.some((place) => SHELL_LINKS.has(place))) continue;
    const owner = findOwner(places, search);
    if (owner === undefined) note(missing, interpreter, script.path);
    else if ('package' in owner) {
      const whole = WHOLE[owner.package];
      if (whole !== undefined || !suite.isEssential(owner.package))
        note(resolved.interpreters, script.package, whole ?? owner.package);
    } else if (owner.sibling !== script.package)
      note(resolved.siblings, script.package, owner.sibling);
  }
  tellMissing('interpreter', missing, search);
}

function tellMissing(
  what: 'library' | 'interpreter',
  missing: ReadonlyMap<string, ReadonlySet<string>>,
  { target: { suite }, findings }: Search,
): void {
  for (const [name, paths] of [...missing].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const lines = [...paths].sort();
    const options = { lines, details: { [what]: name, files: lines } };
    findings.push(
      what === 'library'
        ? failure('dependency/library-missing', `${suite} has no library ${name}, needed by`, {
            ...options,
            hint: 'build the component against the suite, or put the library among the files of a package',
          })
        : failure('dependency/interpreter-missing', `${suite} has no ${name}, which runs`, {
            ...options,
            hint: 'name another interpreter with an edit of the first line, or drop the files',
          }),
    );
  }
}

function tellWrongMachines(
  objects: readonly PlacedObject[],
  { architecture }: Target,
  findings: Finding[],
): void {
  const expected = MACHINES[architecture];
  const lines = objects
    .filter(({ machine, bits }) => expected !== undefined && (machine !== expected || bits !== 64))
    .map(({ path, machine, bits }) => `${path} (${machine}, ${String(bits)} bits)`);
  if (lines.length === 0) return;
  findings.push(
    failure('input/wrong-machine', `these programs do not run on ${architecture}`, {
      lines,
      hint: 'name the architecture with --arch, or drop the files',
    }),
  );
}

/** A path that packages of the suite have as well: dpkg does not install both. */
export interface TakenPath {
  path: string;
  package: string;
  by: string[];
}

/** Paths of packages of the suite that the split neither stands in for nor replaces. */
export function findTaken(packages: readonly PlannedPackage[], files: SuiteFiles): TakenPath[] {
  const own = new Set(packages.map(({ name }) => name));
  return packages.flatMap(({ name, files: planned, relations }) => {
    const settled = new Set(
      [...relations.replaces, ...relations.conflicts].map((text) => text.split(' ')[0] ?? ''),
    );
    return planned.flatMap(({ path, type }): TakenPath[] => {
      if (type === 'directory') return [];
      const by = (files.get(path) ?? []).filter((one) => !own.has(one) && !settled.has(one));
      return by.length === 0 ? [] : [{ path, package: name, by }];
    });
  });
}
