// Packages of Kronos, as a table of contents: what they are made from, what they are, and the tools of each format.
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { exists, readTextOrUndefined, withTemporaryDirectory } from '../../common/files.ts';
import { nearest } from '../../common/nearest.ts';
import { observeStep, type BuildObserver } from '../../common/progress.ts';
import { renderTemplate } from '../../common/template.ts';
import { programVersion } from '../../common/version.ts';
import { LICENCES } from '../bundle.ts';
import { ensureHost } from '../ensure-host.ts';
import { bundlePrograms, fileName, PROGRAMS } from '../files/programs.ts';
import { lockPath } from '../lock/edition.ts';
import { readLock } from '../lock/read.ts';
import { ARMOURED_KEYRING, exportKey, KEYRING } from '../repository/key.ts';
import { ownRecipes } from '../request.ts';
import { makeDeb } from './deb.ts';
import type { PackageDefinition, PackageFile } from './definition.ts';
import { defineHost, defineXapi, defineXl } from './definitions/host.ts';
import type { BundledProgram, PackageInput } from './definitions/input.ts';
import { defineKeyring, defineOperator } from './definitions/operator.ts';
import { defineFirstboot, defineInstaller } from './definitions/programs.ts';
import type { Maker } from './maker.ts';
import { manualFiles, type Manual } from './manual.ts';
import { collectOperator } from './operator.ts';
import { readRecipeFacts } from './recipe-facts.ts';
import { makeRpm, readRpmNames } from './rpm.ts';

/** What a version may be: .deb and .rpm both split it at a hyphen. */
const VERSION = /^[0-9][0-9A-Za-z.+~]*$/;

/** Whom the packages name; nobody reads mail there. */
const MAINTAINER = 'Kronos <kronos@packages.invalid>';

/** The lock whose date the files of packages have, where the environment says nothing. */
const DATED_LOCK = { edition: 'debian-13', architecture: 'amd64' };

/** Recipes that packages take something from. */
export const RECIPES = ['xen', 'openvswitch', 'storage', 'kronos', 'xapi'];

export type PackageFormat = 'deb' | 'rpm';

export interface PackageOptions {
  format: PackageFormat;
  out: string;
  /** Default: that of Kronos. */
  version?: string | undefined;
  /** Fingerprint of the key of the repository, in the user's own keyring. */
  key?: string | undefined;
  /** Names; default: all. */
  only?: readonly string[] | undefined;
  /** The help of our programs. */
  manuals: readonly Manual[];
  /** Paths that first boot makes for xapi, which a purge takes away where nobody owns them. */
  xapiPaths: readonly string[];
  observer: BuildObserver;
  signal: AbortSignal;
}

export interface MadePackage {
  name: string;
  version: string;
  file: string;
}

/**
 * Makes packages in `out`, each moved there whole.
 * Errors: `input/wrong-value`, `input/unknown-package`, `input/signing-key`, those of ensureHost, bundleProgram and of the
 * tools.
 */
export async function makePackages(options: PackageOptions): Promise<MadePackage[]> {
  const { format, observer, signal } = options;
  const version = options.version ?? (await programVersion());
  if (!VERSION.test(version)) {
    throw new KronosError('input/wrong-value', `${version} cannot be the version of a package`, {
      hint: 'a digit, then digits, letters, dots, + and ~, such as 0.2.0~rc1',
    });
  }
  const root = dirname(ownRecipes());
  await ensureHost({ observer, signal, programs: TOOLS[format] });
  const out = resolve(options.out);
  await mkdir(out, { recursive: true });
  return withTemporaryDirectory(out, async (scratch) => {
    const packaging = join(root, 'packaging');
    const maker: Maker = {
      ...{ version, maintainer: MAINTAINER, epoch: await packageEpoch(root), out, signal },
      copying: join(root, 'COPYING'),
      render: (template, variables) => {
        const file = join(packaging, template);
        return renderTemplate(readFileSync(file, 'utf8'), variables, file);
      },
    };
    const definitions = await observeStep(observer, 'collect', 'Bundle our programs', async () => {
      const input = await collectInput(options, maker, root, scratch);
      return definePackages(input);
    });
    const names = await readRpmNames(join(packaging, 'names.yaml'));
    const made: MadePackage[] = [];
    for (const definition of choose(definitions, options.only)) {
      const { name } = definition;
      const file = await observeStep(observer, name, `Make ${name}`, () =>
        format === 'deb' ? makeDeb(definition, maker) : makeRpm(definition, names, maker),
      );
      made.push({ name, version, file });
    }
    return made;
  });
}

const TOOLS = {
  deb: [{ name: 'dpkg-deb', package: 'dpkg', purpose: 'make packages' }],
  rpm: [{ name: 'rpmbuild', package: 'rpm', purpose: 'make packages' }],
} as const;

/** All packages, in the order in which they build on one another. */
export function definePackages(input: PackageInput): PackageDefinition[] {
  const keyring = defineKeyring(input);
  return [
    defineOperator(input),
    defineInstaller(input),
    defineFirstboot(input),
    defineHost(input),
    defineXl(input),
    defineXapi(input),
    ...(keyring === undefined ? [] : [keyring]),
  ];
}

function choose(
  definitions: readonly PackageDefinition[],
  only: readonly string[] | undefined,
): PackageDefinition[] {
  const names = definitions.map(({ name }) => name);
  for (const name of only ?? []) {
    if (names.includes(name)) continue;
    const guess = nearest(name, names);
    throw new KronosError('input/unknown-package', `there is no package ${name} to make`, {
      hint: guess === undefined ? `there are ${names.join(', ')}` : `did you mean ${guess}?`,
    });
  }
  return definitions.filter(({ name }) => only?.includes(name) ?? true);
}

/** Seconds: SOURCE_DATE_EPOCH, as everywhere, or the date of our lock. */
async function packageEpoch(root: string): Promise<number> {
  const { SOURCE_DATE_EPOCH: text = '' } = process.env;
  if (/^\d+$/.test(text)) return Number(text);
  const { edition, architecture } = DATED_LOCK;
  return (await readLock(lockPath(join(root, 'recipes'), edition, architecture))).epoch;
}

async function collectInput(
  options: PackageOptions,
  maker: Maker,
  root: string,
  scratch: string,
): Promise<PackageInput> {
  const directory = join(scratch, 'programs');
  await bundlePrograms(directory);
  const programs = new Map<string, BundledProgram>();
  for (const program of PROGRAMS) {
    const file = join(directory, fileName(program));
    programs.set(program.name, { file, licences: await readLicences(`${file}${LICENCES}`) });
  }
  const manuals = new Map<string, PackageFile[]>(
    options.manuals.map((manual) => [
      manual.program,
      manualFiles(manual, maker.version, maker.epoch),
    ]),
  );
  const files = join(root, 'packaging/files');
  return {
    version: maker.version,
    recipes: await readRecipeFacts(join(root, 'recipes'), RECIPES),
    ...{ programs, manuals, xapiPaths: options.xapiPaths },
    operator: await collectOperator(root, maker.version, directory, scratch),
    keyring: await exportKeyring(options.key, scratch),
    text: (name, variables) => {
      if (name.endsWith('.hbs')) return maker.render(`files/${name}`, variables ?? {});
      return readFileSync(join(files, name), 'utf8');
    },
  };
}

/** Programs without libraries have no such file. */
async function readLicences(file: string): Promise<string> {
  return (await readTextOrUndefined(file)) ?? '';
}

async function exportKeyring(
  key: string | undefined,
  scratch: string,
): Promise<PackageInput['keyring']> {
  if (key === undefined) return undefined;
  await exportKey({ fingerprint: key }, scratch);
  const binary = join(scratch, KEYRING);
  // gpg calls it a success where it has no such key.
  if (!(await exists(binary))) {
    throw new KronosError('input/signing-key', `gpg has no public key ${JSON.stringify(key)}`, {
      hint: 'the key must be listed by: gpg --list-keys',
    });
  }
  return { binary, armoured: join(scratch, ARMOURED_KEYRING) };
}
