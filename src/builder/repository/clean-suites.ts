// What a repository no longer needs: files found by digest that neither the index nor the one before it names.
import { dirname, join } from 'node:path';
import { byHashPath, DISTS, type AptSuite } from './apt-archive.ts';
import { removeOld } from './place.ts';
import { RPM, type YumSuite } from './yum-archive.ts';

/**
 * Cleans the suites whose index changed. `made` are the paths of all files of this run, `written` those that were put in
 * place. Errors: those of node:fs.
 */
export async function cleanSuites(
  directory: string,
  former: { apt: readonly AptSuite[]; yum: readonly YumSuite[] },
  made: readonly string[],
  written: readonly string[],
): Promise<void> {
  const wasWritten = new Set(written);
  const current = new Set(made);
  for (const { suite, indices } of former.apt) {
    const root = join(DISTS, suite);
    if (!wasWritten.has(join(root, 'InRelease'))) continue;
    const before = [...indices].map(([index, digest]) => join(root, byHashPath(index, digest)));
    const directories = new Set(before.map((path) => dirname(path)));
    await removeOld(directory, [...directories], new Set([...current, ...before]));
  }
  for (const { suite, byHash } of former.yum) {
    const root = join(RPM, suite);
    if (!wasWritten.has(join(root, 'repodata/repomd.xml'))) continue;
    const before = byHash.map((path) => join(root, path));
    await removeOld(directory, [join(root, 'repodata')], new Set([...current, ...before]));
  }
}
