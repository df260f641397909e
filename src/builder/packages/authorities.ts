// What update-ca-certificates makes of a list of authorities, without its nine hundred processes.
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { exists } from '../../common/files.ts';
import { runInTree } from '../sandbox/tree.ts';

/** The program of the package ca-certificates. */
export const UPDATE_AUTHORITIES = '/usr/sbin/update-ca-certificates';

const LIST = '/etc/ca-certificates.conf';

/** The authorities that the package has; the list says which of them count. */
export const AUTHORITIES = '/usr/share/ca-certificates';

const LOCAL = '/usr/local/share/ca-certificates';
const LINKS = '/etc/ssl/certs';
const BUNDLE = 'ca-certificates.crt';
const HOOKS = '/etc/ca-certificates/update.d';

/** What the list of authorities names, in its order; comments and what is deselected are left out. */
export function parseAuthorities(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !/^[#!]/.test(line));
}

/** The name of the link to an authority, as update-ca-certificates makes it. */
export function linkName(authority: string): string {
  const name = basename(authority, '.crt').replace(/[ ,]/g, '_').replace(/[()]/g, '=');
  return `${name}.pem`;
}

/**
 * Links and bundle of the authorities of a new tree. Where anything is there that a new tree does not have (links, hooks,
 * authorities of the administrator, a list with names that are missing) the program itself is run.
 * Errors: those of node:fs and of the programs.
 */
export async function updateAuthorities(
  tree: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const authorities = parseAuthorities(await readFile(join(tree, LIST), 'utf8').catch(() => ''));
  const paths = authorities.map((name) => join(AUTHORITIES, name));
  const texts = await Promise.all(
    paths.map((path) => readFile(join(tree, path), 'utf8').catch(() => undefined)),
  );
  if (texts.includes(undefined) || texts.length === 0 || !(await isNew(tree))) {
    await runInTree(tree, [UPDATE_AUTHORITIES], { environment });
    return;
  }
  await writeAuthorities(
    tree,
    paths.map((path, index) => ({ path, text: texts[index] ?? '' })),
  );
  await runInTree(tree, ['openssl', 'rehash', LINKS], { environment });
}

/** An authority: its path in the tree, and what is in the file. */
export interface Authority {
  path: string;
  text: string;
}

/** A link to each, and all of them in one file. Errors: those of node:fs. */
export async function writeAuthorities(
  tree: string,
  authorities: readonly Authority[],
): Promise<void> {
  const links = join(tree, LINKS);
  await mkdir(links, { recursive: true });
  for (const { path } of authorities) await symlink(path, join(links, linkName(path)));
  const lines = authorities.map(({ text }) =>
    text === '' || text.endsWith('\n') ? text : `${text}\n`,
  );
  const bundle = join(links, BUNDLE);
  await writeFile(bundle, lines.join(''));
  await chmod(bundle, 0o644);
}

async function isNew(tree: string): Promise<boolean> {
  for (const directory of [LINKS, HOOKS, LOCAL]) {
    const path = join(tree, directory);
    if ((await exists(path)) && (await readdir(path)).length > 0) return false;
  }
  return true;
}
