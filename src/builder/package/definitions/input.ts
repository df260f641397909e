// What definitions are made from: all that the machine has to say, so that they themselves are plain data.
import { SHEBANG, type PackageFile } from '../definition.ts';
import type { RecipeFacts } from '../recipe-facts.ts';

export interface PackageInput {
  version: string;
  /** By name: xen, openvswitch, storage, kronos, xapi. */
  recipes: ReadonlyMap<string, RecipeFacts>;
  /** Our own programs as single files, by name. */
  programs: ReadonlyMap<string, BundledProgram>;
  /** The manual page and the shell completion of a program, by its name. */
  manuals: ReadonlyMap<string, readonly PackageFile[]>;
  /** What the command `kronos` consists of, paths below /usr/lib/kronos. */
  operator: { files: readonly PackageFile[]; licences: readonly string[] };
  /** The OpenPGP key of the repository, as files. */
  keyring?: { binary: string; armoured: string } | undefined;
  /** The text of a file below packaging/files, rendered where its name ends in .hbs. */
  text: (name: string, variables?: Readonly<Record<string, unknown>>) => string;
  /** Paths that kronos-firstboot makes for xapi. */
  xapiPaths: readonly string[];
}

export interface BundledProgram {
  file: string;
  /** Licence texts of its libraries. */
  licences: string;
}

/** Errors: a TypeError where the name is none that was asked for. */
export function recipeOf(input: PackageInput, name: string): RecipeFacts {
  const found = input.recipes.get(name);
  if (found === undefined) throw new TypeError(`the recipe ${name} was not read`);
  return found;
}

/** A single-file program and its command in /usr/bin, with manual page and completion. */
export function programFiles(input: PackageInput, name: string): PackageFile[] {
  const program = `/usr/lib/kronos/${name}.cjs`;
  return [
    { path: program, mode: 0o644, source: programOf(input, name).file },
    { path: `/usr/bin/${name}`, mode: 0o755, text: commandText(input, program) },
    ...(input.manuals.get(name) ?? []),
  ];
}

/** The command in /usr/bin that starts a program. */
export function commandText(input: PackageInput, program: string): string {
  return `${SHEBANG}${input.text('command.hbs', { program })}`;
}

/** Errors: a TypeError where the program was not bundled. */
export function programOf(input: PackageInput, name: string): BundledProgram {
  const found = input.programs.get(name);
  if (found === undefined) throw new TypeError(`the program ${name} was not bundled`);
  return found;
}

/** A relation to a package of ours: they go together. */
export function sameVersion(input: PackageInput, name: string): string {
  return `${name} (= ${input.version})`;
}
