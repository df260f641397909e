// Which files of the packages are programs: ELF files, and scripts with the interpreter that they name.
import { open } from 'node:fs/promises';
import { readElfFiles, type ElfObject } from './elf.ts';
import type { PlannedPackage } from './split.ts';

/** An ELF file at its place. */
export interface PlacedObject extends ElfObject {
  path: string;
  package: string;
}

/** A file that begins with `#!`. */
export interface PlacedScript {
  path: string;
  package: string;
  /** A path, or for `/usr/bin/env NAME` the name. */
  interpreter: string;
}

export interface Programs {
  objects: PlacedObject[];
  scripts: PlacedScript[];
  /** Directories that the packages add to the linker's own, from files in /etc/ld.so.conf.d. */
  libraryDirectories: string[];
}

/** Longer than the kernel reads a `#!` line. */
const HEAD = 256;
const ELF_MAGIC = '\x7fELF';
const LINKER_CONFIGURATION = /^\/etc\/ld\.so\.conf\.d\/[^/]+\.conf$/;

/** The interpreter that a file's first line names, or undefined. */
export function interpreterOf(head: string): string | undefined {
  const [, program = '', rest = ''] = /^#! *(\/[^\s]+)[ \t]*([^\n\r]*)/.exec(head) ?? [];
  if (program === '') return undefined;
  if (!/\/env$/.test(program)) return program;
  return rest.split(/\s+/).find((word) => word !== '' && !/^-|=/.test(word));
}

/** The directories that a file of /etc/ld.so.conf.d names. */
export function linkerDirectories(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line.startsWith('/'))
    .map((line) => line.replace(/\/+$/, ''));
}

async function readHead(file: string, bytes: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await handle.read(buffer, 0, bytes, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Reads the files of the packages as far as that takes. Errors: those of node:fs, `dependency/tool-missing`. */
export async function readPrograms(
  packages: readonly PlannedPackage[],
  signal?: AbortSignal,
): Promise<Programs> {
  const elf: { path: string; package: string; file: string }[] = [];
  const scripts: PlacedScript[] = [];
  const libraryDirectories: string[] = [];
  for (const { name, files } of packages) {
    for (const { path, file, mode } of files) {
      if (file === undefined) continue;
      if (LINKER_CONFIGURATION.test(path))
        libraryDirectories.push(...linkerDirectories(await readHead(file, 65_536)));
      const head = await readHead(file, HEAD);
      if (head.startsWith(ELF_MAGIC)) elf.push({ path, package: name, file });
      const interpreter = (mode & 0o111) === 0 ? undefined : interpreterOf(head);
      if (interpreter !== undefined) scripts.push({ path, package: name, interpreter });
    }
  }
  const read = await readElfFiles(
    elf.map(({ file }) => file),
    signal,
  );
  const objects = elf.flatMap(({ path, package: owner }, index): PlacedObject[] => {
    const object = read[index];
    return object === undefined ? [] : [{ ...object, path, package: owner }];
  });
  return { objects, scripts, libraryDirectories };
}
