// Control data of packages: from a .deb and from dpkg's own database in a tree.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../common/process.ts';

export interface Control {
  name: string;
  version: string;
  architecture: string;
  /** First alternatives without versions. */
  preDepends: string[];
  depends: string[];
}

/** One package as dpkg has it in a tree. */
export interface InstalledPackage extends Control {
  /** dpkg's words, for example `install ok installed`. */
  status: string;
}

/** The fields of one paragraph; continuation lines are joined with a line feed. */
export function parseParagraph(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    if (/^[ \t]/.test(line) && current !== undefined) {
      fields.set(current, `${fields.get(current) ?? ''}\n${line.slice(1)}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    current = line.slice(0, colon);
    fields.set(current, line.slice(colon + 1).trim());
  }
  return fields;
}

/** Names in a dependency field: every alternative, without versions and architecture qualifiers. */
export function parseDependencies(field: string | undefined): string[] {
  if (field === undefined) return [];
  return field
    .split(/[,|]/)
    .map((part) => part.trim().replace(/[\s(:].*$/s, ''))
    .filter((name) => name !== '');
}

function toControl(fields: Map<string, string>): Control {
  return {
    name: fields.get('Package') ?? '',
    version: fields.get('Version') ?? '',
    architecture: fields.get('Architecture') ?? '',
    preDepends: parseDependencies(fields.get('Pre-Depends')),
    depends: parseDependencies(fields.get('Depends')),
  };
}

/** Reads the control paragraph of a .deb. Errors: those of dpkg-deb. */
export async function readControl(file: string): Promise<Control> {
  const { stdout } = await run([
    ...['dpkg-deb', '--field', file],
    ...['Package', 'Version', 'Architecture', 'Pre-Depends', 'Depends'],
  ]);
  return toControl(parseParagraph(stdout));
}

/** All packages of a tree's dpkg database, sorted by name. */
export async function readStatus(tree: string): Promise<InstalledPackage[]> {
  const text = await readFile(join(tree, 'var/lib/dpkg/status'), 'utf8');
  return text
    .split('\n\n')
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => {
      const fields = parseParagraph(paragraph);
      return { ...toControl(fields), status: fields.get('Status') ?? '' };
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/**
 * Which package each path belongs to, from dpkg's file lists. Paths are given as they lie in a tree with a merged
 * /usr. Where several packages list a path (directories) the first by name is kept.
 */
export async function readFileOwners(tree: string): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  const info = join(tree, 'var/lib/dpkg/info');
  for (const file of (await readdir(info)).sort()) {
    const match = /^(.+?)(?::[a-z0-9]+)?\.(list|conffiles|md5sums|triggers|shlibs|symbols|templates|config|(?:pre|post)(?:inst|rm))$/.exec(file);
    const name = match?.[1];
    if (name === undefined) continue;
    // The database's own files belong to the package that they describe.
    owners.set(`/var/lib/dpkg/info/${file}`, name);
    if (match?.[2] !== 'list') continue;
    for (const line of (await readFile(join(info, file), 'utf8')).split('\n')) {
      const path = mergeUsr(line);
      if (path !== '' && !owners.has(path)) owners.set(path, name);
    }
  }
  return owners;
}

/** The path below /usr that a path of an unmerged layout means today. */
export function mergeUsr(path: string): string {
  return /^\/(bin|sbin|lib|lib32|lib64|libx32)(\/|$)/.test(path) ? `/usr${path}` : path;
}
