// Our own programs of the appliance: bundled into single files that need nothing but nodejs.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../bundle.ts';
import type { LayerFile } from './layer.ts';

interface Program {
  name: string;
  /** Its layer is that of the recipe. */
  recipe: 'kronos' | 'live';
  /** Compiled entry module of this checkout. */
  module: string;
}

/** What recipes install under /usr/lib/kronos, with a command of the same name in /usr/bin. */
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
    name: 'kronos-install',
    recipe: 'live',
    module: new URL('../../installer/main.js', import.meta.url).href,
  },
];

/** Bundles every program into `directory` and gives the files of the layer. */
export async function bundlePrograms(directory: string): Promise<LayerFile[]> {
  await mkdir(directory, { recursive: true });
  const files: LayerFile[] = [];
  for (const program of PROGRAMS) {
    const target = join(directory, `${program.name}.cjs`);
    await bundleProgram(fileURLToPath(program.module), target);
    const path = `/usr/lib/kronos/${program.name}.cjs`;
    files.push(
      { path, mode: 0o644, source: target, recipe: program.recipe },
      {
        path: `/usr/bin/${program.name}`,
        mode: 0o755,
        text: `#!/bin/sh\nexec /usr/bin/node ${path} "$@"\n`,
        recipe: program.recipe,
      },
    );
  }
  return files;
}
