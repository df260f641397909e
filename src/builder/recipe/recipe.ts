// What a recipe and an edition are once read and checked; every later stage works on these plain values.
import type { Location } from '../../common/error.ts';

/**
 * Where a recipe's packages and files end up: `host` in every installed host and on the medium, `live` only on the
 * medium, `tools` nowhere but on the machine that builds.
 */
export type LayerName = 'host' | 'live' | 'tools';

export interface PackageRequest {
  name: string;
  /** Exact version or undefined for the suite's candidate. */
  version?: string | undefined;
  location: Location;
}

/** A file of the appliance. Exactly one of `source` (copied) and `text` (rendered) is there. */
export interface RecipeFile {
  /** Absolute path in the appliance. */
  path: string;
  /** Absolute path of the file to copy on the machine that builds. */
  source?: string | undefined;
  /** Rendered text of a template or of inline content. */
  text?: string | undefined;
  /** Permission bits, for example 0o644. */
  mode: number;
  location: Location;
}

export interface RecipeLink {
  path: string;
  target: string;
  location: Location;
}

/** Something that must hold in the booted appliance. */
export interface Check {
  name: string;
  /** Argument array; never a shell string. */
  run: readonly string[];
  /** A regular expression that the output must match, besides exit code 0. */
  expect?: string | undefined;
  /** Only under Xen (`xen`), only without (`native`), or always. */
  where: 'xen' | 'native' | 'always';
  /** Seconds until the check counts as failed. */
  timeout: number;
}

/** Files that no package lists but a package's programs make; every one needs an owner in the SBOM. */
export interface GeneratedFiles {
  /** Glob over absolute paths. */
  path: string;
  /** The package that makes them. */
  by: string;
}

export interface Recipe {
  name: string;
  summary: string;
  /** The directory of the recipe on the machine that builds. */
  directory: string;
  layer: LayerName;
  /** Names of recipes that must be there too. */
  requires: readonly string[];
  /** Name of the origin its packages come from (default `distribution`). */
  origin: string;
  packages: readonly PackageRequest[];
  files: readonly RecipeFile[];
  links: readonly RecipeLink[];
  /** Globs over absolute paths that are left out when packages are unpacked. */
  exclude: readonly string[];
  /** Globs that stay although an `exclude` matches. */
  include: readonly string[];
  /** Globs removed after packages are configured: caches and what would name one machine. */
  remove: readonly string[];
  generated: readonly GeneratedFiles[];
  xenArguments: readonly string[];
  kernelArguments: readonly string[];
  /** Kernel modules loaded at boot. */
  modules: readonly string[];
  /** Kernel modules that the initrd must hold (names, or `=directory` for a directory of drivers). */
  initrdModules: readonly string[];
  services: { enable: readonly string[]; disable: readonly string[]; mask: readonly string[] };
  /** Absolute paths that hold the component's state. */
  state: readonly string[];
  checks: readonly Check[];
  location: Location;
}

/** Where packages come from, as an edition or `--origin` says it. Locations of mirrors are never part of it. */
export type OriginSpec =
  | { type: 'distribution'; components: readonly string[] }
  | { type: 'apt'; url: string; suite: string; components: readonly string[]; key: string }
  | { type: 'directory'; path: string }
  | { type: 'deb-src'; source: string; version?: string | undefined; suite: string };

export interface Edition {
  name: string;
  summary: string;
  /** Debian suite, for example `trixie`. */
  suite: string;
  /** Debian architecture, for example `amd64`. */
  architecture: string;
  /** Names of recipes in the order of the file; requirements come first once resolved. */
  recipes: readonly string[];
  /** Recipes that can be added with `--with` or by naming their origin. */
  optional: readonly string[];
  origins: Readonly<Record<string, OriginSpec>>;
  /** Variables for templates. */
  variables: Readonly<Record<string, string>>;
  location: Location;
}

/** An edition with its recipes, requirements first, files rendered: all that later stages need. */
export interface Selection {
  edition: Edition;
  recipes: readonly Recipe[];
  /** `xl` or `xapi`, and the sentence that says why. */
  toolstack: { name: 'xl' | 'xapi'; reason: string };
}
