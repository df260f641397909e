// The package files that the caller names, as files and as directories of them.
import { join, resolve } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { listFiles, statOrUndefined } from '../../common/files.ts';

/** Absolute paths, sorted, each once. */
export interface PackageFiles {
  debs: string[];
  rpms: string[];
}

/**
 * Finds the .deb and .rpm files among paths and below directories.
 * Errors: `input/file-missing`, `input/not-a-package`, `input/no-packages` for a directory without any.
 */
export async function findPackageFiles(paths: readonly string[]): Promise<PackageFiles> {
  const found = new Set<string>();
  for (const path of paths) {
    const there = await statOrUndefined(path);
    if (there === undefined) {
      throw new KronosError('input/file-missing', `there is no package or directory ${path}`);
    }
    if (!there.isDirectory()) {
      if (!isPackage(path)) {
        throw new KronosError('input/not-a-package', `${path} is not named like a package`, {
          hint: 'packages end in .deb or .rpm',
        });
      }
      found.add(resolve(path));
      continue;
    }
    const inside = (await listFiles(path)).filter((name) => isPackage(name) && !isHidden(name));
    if (inside.length === 0) {
      throw new KronosError('input/no-packages', `there is no .deb and no .rpm file in ${path}`, {
        hint: 'name the directory that holds the packages, or one above it',
      });
    }
    for (const name of inside) found.add(resolve(join(path, name)));
  }
  const all = [...found].sort();
  return {
    debs: all.filter((path) => path.endsWith('.deb')),
    rpms: all.filter((path) => path.endsWith('.rpm')),
  };
}

function isPackage(path: string): boolean {
  return /\.(?:deb|rpm)$/.test(path);
}

function isHidden(path: string): boolean {
  return /(?:^|\/)\./.test(path);
}
