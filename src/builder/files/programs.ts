// Our own programs of the appliance: bundled into single files that need nothing but nodejs.
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exists } from '../../common/files.ts';
import { bundlePrograms as bundleTogether } from '../bundle.ts';
import type { LayerFile } from './layer.ts';

interface Program {
  name: string;
  /** Its layer is that of the recipe. */
  recipe: 'kronos' | 'live';
  /** Compiled entry module of this checkout. */
  module: string;
  /** The recipe brings a command of its own. */
  ownCommand?: boolean;
}

/** Beside package.json; only an installed `kronos` has it. */
const PREBUILT = join(import.meta.dirname, '../../../../programs');

/** What is installed under /usr/lib/kronos, with a command of the same name in /usr/bin. */
export const PROGRAMS: readonly Program[] = [
  {
    name: 'kronos-selftest',
    recipe: 'kronos',
    module: new URL('../../appliance/selftest.js', import.meta.url).href,
  },
  {
    name: 'kronos-status',
    recipe: 'kronos',
    module: new URL('../../appliance/status.js', import.meta.url).href,
  },
  {
    name: 'kronos-firstboot',
    recipe: 'kronos',
    module: new URL('../../firstboot/main.js', import.meta.url).href,
  },
  {
    name: 'kronos-install',
    recipe: 'live',
    module: new URL('../../installer/main.js', import.meta.url).href,
    ownCommand: true,
  },
];

/**
 * Bundles every program into `directory`, or copies what was bundled for the package `kronos`, which has no compiler.
 * Errors: those of the bundler and of node:fs.
 */
export async function bundlePrograms(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  if (await exists(PREBUILT)) {
    await cp(PREBUILT, directory, { recursive: true });
    return;
  }
  await bundleTogether(
    PROGRAMS.map((program) => ({
      entry: fileURLToPath(program.module),
      target: join(directory, fileName(program)),
    })),
  );
}

/** The files of the layers, from the directory that the programs were bundled into. */
export function programFiles(directory: string): LayerFile[] {
  return PROGRAMS.flatMap((program) => {
    const { name, recipe } = program;
    const path = `/usr/lib/kronos/${fileName(program)}`;
    const command = `#!/bin/sh\nexec /usr/bin/node ${path} "$@"\n`;
    const file = { path, mode: 0o644, source: join(directory, fileName(program)), recipe };
    if (program.ownCommand === true) return [file];
    return [file, { path: `/usr/bin/${name}`, mode: 0o755, text: command, recipe }];
  });
}

/** The name of a program's single file. */
export function fileName({ name }: Pick<Program, 'name'>): string {
  return `${name}.cjs`;
}
