// Tiny packages, made by dpkg-deb.
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../src/common/process.ts';
import type { Archive } from '../../../src/builder/packages/unpack.ts';
import { writeFiles } from '../../temporary.ts';

/** A package with fields besides the usual ones, and files as `writeFiles` takes them. */
export interface TinyPackage {
  name: string;
  fields?: Readonly<Record<string, string>>;
  files?: Readonly<Record<string, string>>;
  /** Files that can be run. */
  executable?: readonly string[];
  /** Compressed, as real ones are. */
  packed?: boolean;
}

/** Makes NAME.deb in a directory. */
export async function makeDeb(directory: string, tiny: TinyPackage): Promise<Archive> {
  const root = join(directory, `${tiny.name}.d`);
  const fields = {
    Package: tiny.name,
    Version: '1',
    Architecture: 'all',
    Maintainer: 'Test <test@mirror.example>',
    Description: 'test',
    ...tiny.fields,
  };
  await mkdir(join(root, 'DEBIAN'), { recursive: true });
  const lines = Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`);
  await writeFile(join(root, 'DEBIAN/control'), lines.join(''));
  await writeFiles(root, tiny.files ?? {});
  for (const path of tiny.executable ?? []) await chmod(join(root, path), 0o755);
  const file = join(directory, `${tiny.name}.deb`);
  const compression = tiny.packed === true ? '-Zxz' : '-Znone';
  await run(['dpkg-deb', '--root-owner-group', compression, '--build', root, file]);
  await rm(root, { recursive: true });
  return { name: tiny.name, version: '1', architecture: 'all', file };
}

/** Names in a directory, sorted. */
export async function names(directory: string): Promise<string[]> {
  return (await readdir(directory)).sort();
}
