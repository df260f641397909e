// Control data of packages: from a .deb and from dpkg's own database in a tree.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextOrUndefined } from '../../common/files.ts';
import { run } from '../../common/process.ts';
import { parseRelations } from '../apt/relations.ts';
import { parseStanzas, type Stanza } from '../apt/stanzas.ts';
import { packageOwners, parseDiversions } from '../manifest/owners.ts';

/** One package as dpkg has it in a tree. */
export interface DpkgRecord {
  name: string;
  version: string;
  architecture: string;
  /** dpkg's words, for example `install ok installed`. */
  status: string;
  /** True for what every system has: essential, or of priority `required`. */
  base: boolean;
  /** Names that it needs, all alternatives. */
  needs: readonly string[];
  /** Names that it stands for besides its own. */
  provides: readonly string[];
}

/** Names that a package needs (Pre-Depends and Depends, all alternatives). */
function neededNames(stanza: Stanza): string[] {
  return ['pre-depends', 'depends'].flatMap((field) =>
    parseRelations(stanza.get(field)).flatMap((group) => group.map((relation) => relation.name)),
  );
}

/** Threads of dpkg-deb's decompressor, started anew for each package, cost more than they save. */
export const ONE_THREAD = { DPKG_DEB_THREADS_MAX: '1' };

/**
 * One shell for all files: to start one for each takes longer than to read them. `dpkg-deb --field` would start twice as
 * many processes and unpack the maintainer scripts as well.
 */
const NEEDS_SCRIPT = [
  'for file; do',
  '  dpkg-deb --ctrl-tarfile "$file" | tar -xO --no-anchored control || exit',
  '  echo',
  'done',
].join('\n');

/** Reads what each of some .debs needs, by name, in their order. Errors: those of dpkg-deb. */
export async function readNeeds(files: readonly string[]): Promise<string[][]> {
  const { stdout } = await run(['bash', '-o', 'pipefail', '-c', NEEDS_SCRIPT, 'needs', ...files], {
    environment: ONE_THREAD,
    extendEnvironment: true,
  });
  return parseStanzas(stdout).map(neededNames);
}

/** All packages of a tree's dpkg database, whatever their state, sorted by name. */
export async function readStatus(tree: string): Promise<DpkgRecord[]> {
  const text = await readFile(join(tree, 'var/lib/dpkg/status'), 'utf8');
  return parseStanzas(text)
    .map((stanza) => ({
      name: stanza.get('package') ?? '',
      version: stanza.get('version') ?? '',
      architecture: stanza.get('architecture') ?? '',
      status: stanza.get('status') ?? '',
      base: isBase(stanza),
      needs: neededNames(stanza),
      provides: parseRelations(stanza.get('provides')).flatMap((group) =>
        group.map((relation) => relation.name),
      ),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Whether apt's solver takes a package without being asked. It always counts itself among them, whatever its priority. */
function isBase(stanza: ReadonlyMap<string, string>): boolean {
  return (
    stanza.get('essential') === 'yes' ||
    stanza.get('priority') === 'required' ||
    stanza.get('package') === 'apt'
  );
}

/** Which package each path of a tree belongs to, from dpkg's file lists and diversions. */
export async function readOwners(tree: string): Promise<Map<string, string>> {
  const info = join(tree, 'var/lib/dpkg/info');
  const lists: [string, string[]][] = [];
  for (const file of await readdir(info)) {
    if (!file.endsWith('.list')) continue;
    const lines = (await readFile(join(info, file), 'utf8'))
      .split('\n')
      .filter((line) => line !== '');
    lists.push([file.slice(0, -'.list'.length), lines]);
  }
  const diversions = await readTextOrUndefined(join(tree, 'var/lib/dpkg/diversions'));
  return packageOwners(lists, parseDiversions(diversions ?? ''));
}
