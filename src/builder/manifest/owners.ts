// Who a file belongs to. Every path that is no directory has an owner; what has none fails the build.
import picomatch from 'picomatch';
import { KronosError } from '../../common/error.ts';
import type { Entry } from '../image/contents.ts';
import type { Recipe } from '../recipe/recipe.ts';

/** A line of dpkg's diversions file: `package` gives up nothing, all others get `to` instead of `from`. */
export interface Diversion {
  from: string;
  to: string;
  /** `:` for a local diversion, which no package made. */
  package: string;
}

/** The parts of a recipe that say whom a file belongs to. */
export type OwnedBy = Pick<Recipe, 'name' | 'services' | 'generated'> & {
  files: readonly { path: string }[];
  links: readonly { path: string }[];
};

export interface OwnerSources {
  /** Canonical path -> package, from `packageOwners`. */
  packages: ReadonlyMap<string, string>;
  /** Names of all packages that are installed; others cannot have made anything. */
  installed: ReadonlySet<string>;
  recipes: readonly OwnedBy[];
  /** For layers that hold rendered files only: there a recipe's file comes before a package's of the same path. */
  recipesFirst?: boolean;
}

export interface Attribution {
  /** The entries, each with `owner` where one was found. */
  entries: Entry[];
  /** Paths without owner, sorted. */
  unowned: string[];
}

const MERGED = /^\/(bin|sbin|lib|lib32|lib64|libx32|libo32)(?=\/|$)/;

/** The path behind the links of a merged /usr: `/bin/sh` is `/usr/bin/sh`. Trailing `/` and `/.` go. */
export function canonicalPath(path: string): string {
  const clean = path.replace(/\/\.?$/, '').replace(MERGED, '/usr/$1');
  return clean === '' ? '/' : clean;
}

/** Reads dpkg's `diversions` file: three lines each. */
export function parseDiversions(text: string): Diversion[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const diversions: Diversion[] = [];
  for (let index = 0; index + 2 < lines.length; index += 3) {
    const [from = '', to = '', owner = ''] = lines.slice(index, index + 3);
    diversions.push({ from: canonicalPath(from), to: canonicalPath(to), package: owner });
  }
  return diversions;
}

/**
 * Path -> package from dpkg's file lists. `lists` has the package's name (with or without `:architecture`) and the
 * lines of its list. Of packages that share a path, as directories do and replaced files may, the last by name wins.
 */
export function packageOwners(
  lists: Iterable<readonly [name: string, paths: readonly string[]]>,
  diversions: readonly Diversion[] = [],
): Map<string, string> {
  const diverted = new Map(diversions.map((diversion) => [diversion.from, diversion]));
  const owners = new Map<string, string>();
  const named = [...lists].map(([name, paths]) => [name.replace(/:.*$/, ''), paths] as const);
  for (const [name, paths] of named.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    for (const listed of paths) {
      const path = canonicalPath(listed);
      const diversion = diverted.get(path);
      owners.set(diversion === undefined || diversion.package === name ? path : diversion.to, name);
    }
  }
  return owners;
}

/** Finds the owner of every entry that is no directory. Pure; never throws. */
export function attributeOwners(entries: readonly Entry[], sources: OwnerSources): Attribution {
  const find = ownerFinder(entries, sources);
  const unowned: string[] = [];
  const attributed = entries.map((entry) => {
    if (entry.type === 'directory') return entry;
    const owner = find(entry);
    if (owner === undefined) {
      unowned.push(entry.path);
      return entry;
    }
    return { ...entry, owner };
  });
  return { entries: attributed, unowned: unowned.sort() };
}

/** How many paths an error lists before it only counts. */
const LISTED = 20;

/** Stops the build where a path has no owner. Errors: `verification/unowned-file`. */
export function requireOwners(layer: string, unowned: readonly string[]): void {
  if (unowned.length === 0) return;
  const rest = unowned.length - LISTED;
  const lines = unowned.slice(0, LISTED).map((path) => `\n    ${path}`);
  throw new KronosError(
    'verification/unowned-file',
    `attributing the files of layer ${layer}: ${unowned.length} belong to no package and no recipe:` +
      lines.join('') +
      (rest > 0 ? `\n    and ${rest} more` : ''),
    {
      hint: 'declare them under `generated:` of the recipe whose package makes them, or take them away under `remove:`',
      details: { layer, paths: unowned },
    },
  );
}

function ownerFinder(
  entries: readonly Entry[],
  sources: OwnerSources,
): (entry: Entry) => string | undefined {
  const { packages, installed, recipes } = sources;
  const recipeFiles = new Map<string, string>();
  const services = new Map<string, string>();
  for (const recipe of recipes) {
    for (const { path } of [...recipe.files, ...recipe.links]) {
      recipeFiles.set(canonicalPath(path), recipe.name);
    }
    for (const service of [...recipe.services.enable, ...recipe.services.mask]) {
      services.set(service.includes('.') ? service : `${service}.service`, recipe.name);
    }
  }
  const generated = recipes
    .flatMap((recipe) => recipe.generated)
    .filter(({ by }) => installed.has(by))
    .map(({ path, by }) => ({ matches: picomatch(path, { dot: true }), by }));
  const links = new Map(
    entries.flatMap((entry) =>
      entry.type === 'symlink' ? [[entry.path, entry.target ?? '']] : [],
    ),
  );

  const fromPackage = (path: string): string | undefined => prefixed('package', packages.get(path));
  const fromRecipe = (path: string): string | undefined =>
    prefixed('recipe', recipeFiles.get(path));
  return (entry) => {
    const path = canonicalPath(entry.path);
    const [first, second] =
      sources.recipesFirst === true ? [fromRecipe, fromPackage] : [fromPackage, fromRecipe];
    return (
      first(path) ??
      second(path) ??
      prefixed('recipe', serviceLink(entry, services)) ??
      prefixed('generated', generated.find(({ matches }) => matches(path))?.by) ??
      prefixed('generated', maker(path, links, sources))
    );
  };
}

function prefixed(kind: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `${kind}:${name}`;
}

/** Links that enabling or masking a service makes belong to the recipe that asks for it. */
function serviceLink(entry: Entry, services: ReadonlyMap<string, string>): string | undefined {
  if (entry.type !== 'symlink' || !/^\/etc\/systemd\/(system|user)\//.test(entry.path))
    return undefined;
  const unit = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  const target = (entry.target ?? '').slice((entry.target ?? '').lastIndexOf('/') + 1);
  return services.get(unit) ?? services.get(target);
}

/**
 * The package behind files that Debian's own helpers make while packages are configured, where the path itself says
 * which package that was: alternatives, unit and rc links, byte code, dpkg's records of one package.
 */
function maker(
  path: string,
  links: ReadonlyMap<string, string>,
  sources: OwnerSources,
): string | undefined {
  const { packages, installed } = sources;
  const record = /^\/var\/lib\/dpkg\/info\/([^:/]+?)(?::[^./]+)?\.[a-z0-9]+$/.exec(path)?.[1];
  if (record !== undefined && installed.has(record)) return record;
  const [, directory, module] =
    /^(.*)\/__pycache__\/([^/]+?)\.cpython-[^/]+\.pyc$/.exec(path) ?? [];
  if (directory !== undefined && module !== undefined)
    return packages.get(`${directory}/${module}.py`);
  const target = links.get(path);
  if (target === undefined) return undefined;
  const absolute = absoluteTarget(path, target);
  if (absolute.startsWith('/etc/alternatives/')) {
    const behind = links.get(absolute);
    return behind === undefined ? undefined : packages.get(absoluteTarget(absolute, behind));
  }
  const known = /^\/etc\/(alternatives|rc[0-6S]\.d|systemd\/(system|user))\//.test(path);
  return known ? packages.get(absolute) : undefined;
}

/** What a symbolic link points to, as a canonical absolute path. */
function absoluteTarget(link: string, target: string): string {
  const parts: string[] = target.startsWith('/') ? [] : link.split('/').slice(1, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return canonicalPath(`/${parts.join('/')}`);
}
