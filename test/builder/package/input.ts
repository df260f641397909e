// Definitions made from our own recipes and templates, with stand-ins for what takes time to bundle.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageInput } from '../../../src/builder/package/definitions/input.ts';
import type { Maker } from '../../../src/builder/package/maker.ts';
import { definePackages, RECIPES } from '../../../src/builder/package/package.ts';
import type { PackageDefinition } from '../../../src/builder/package/definition.ts';
import { readRecipeFacts } from '../../../src/builder/package/recipe-facts.ts';
import type { Manual } from '../../../src/builder/package/manual.ts';
import { manuals } from '../../../src/cli/manuals.ts';
import { createProgram, SUB_COMMANDS } from '../../../src/cli/program.ts';
import { renderTemplate } from '../../../src/common/template.ts';
import { leftPaths } from '../../../src/firstboot/xapi/prepare/paths.ts';

export const ROOT = join(import.meta.dirname, '../../../..');

export const MAKER: Maker = {
  version: '1.2.3',
  maintainer: 'Test <test@mirror.example>',
  epoch: Date.UTC(2026, 0, 2) / 1000,
  out: '/nowhere',
  copying: join(ROOT, 'COPYING'),
  signal: new AbortController().signal,
  render: (template, variables) => {
    const file = join(ROOT, 'packaging', template);
    return renderTemplate(readFileSync(file, 'utf8'), variables, file);
  },
};

/** All packages, also the one with the key. */
export async function ourDefinitions(): Promise<PackageDefinition[]> {
  const names = ['kronos-selftest', 'kronos-status', 'kronos-firstboot', 'kronos-install'];
  const stand = join(ROOT, 'package.json');
  const input: PackageInput = {
    version: MAKER.version,
    recipes: await readRecipeFacts(join(ROOT, 'recipes'), RECIPES),
    programs: new Map(names.map((name) => [name, { file: stand, licences: '' }])),
    manuals: new Map(),
    xapiPaths: leftPaths(),
    operator: { files: [], licences: [] },
    keyring: { binary: stand, armoured: stand },
    text: (name, variables) =>
      name.endsWith('.hbs')
        ? MAKER.render(`files/${name}`, variables ?? {})
        : readFileSync(join(ROOT, 'packaging/files', name), 'utf8'),
  };
  return definePackages(input);
}

/** The help of every program, as the command line hands it over. */
export async function ourManuals(): Promise<Manual[]> {
  const load = SUB_COMMANDS.map(({ name }) => name);
  return manuals(await createProgram(() => Promise.resolve(), { version: '0', load }));
}
