// What the files layers hold: rendered files, links and our programs; decided here, written elsewhere.
import { dirname } from 'node:path/posix';
import { KronosError } from '../../common/error.ts';
import type { Entry } from '../image/contents.ts';
import type { Recipe, Selection } from '../recipe/recipe.ts';
import { enableLinks, unitName } from './units.ts';

/** A file of a layer, from a text or from a file on the machine that builds. */
export interface LayerFile {
  path: string;
  mode: number;
  text?: string | undefined;
  source?: string | undefined;
  /** Recipe that it belongs to. */
  recipe: string;
}

export interface LayerLink {
  path: string;
  target: string;
  recipe: string;
}

export interface LayerPlan {
  /** `host` or `live`. */
  name: 'host' | 'live';
  files: LayerFile[];
  links: LayerLink[];
}

/** What an installed host starts with and the layers do not hold. */
export interface InstalledBoot {
  /** The part of the medium's initrd that an installed host uses: its first bytes. */
  initrd: { size: number; sha256: string };
}

/** The description of the appliance that its own programs read. */
export const APPLIANCE_FILE = '/usr/lib/kronos/appliance.json';

/** The plan of one layer. `readText` gives the text of a file that a recipe copies (units are looked into). */
export function planLayer(
  name: 'host' | 'live',
  selection: Selection,
  programs: readonly LayerFile[],
  version: string,
  readText: (source: string) => string,
  boot?: InstalledBoot,
): LayerPlan {
  const recipes = selection.recipes.filter((recipe) => recipe.layer === name);
  const files: LayerFile[] = [];
  const links: LayerLink[] = [];
  for (const recipe of recipes) {
    for (const file of recipe.files) {
      files.push({
        path: file.path,
        mode: file.mode,
        recipe: recipe.name,
        ...(file.text === undefined ? { source: file.source } : { text: file.text }),
      });
    }
    links.push(...recipe.links.map(({ path, target }) => ({ path, target, recipe: recipe.name })));
    links.push(...enabledUnits(recipe, readText));
    files.push(...programs.filter((program) => program.recipe === recipe.name));
    const modules = recipe.modules;
    if (modules.length > 0) {
      files.push({
        path: `/usr/lib/modules-load.d/kronos-${recipe.name}.conf`,
        mode: 0o644,
        text: `${modules.join('\n')}\n`,
        recipe: recipe.name,
      });
    }
    if (recipe.name === 'kronos') {
      files.push({
        path: APPLIANCE_FILE,
        mode: 0o644,
        text: describeAppliance(selection, version, boot),
        recipe: recipe.name,
      });
    }
  }
  const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
  return { name, files: files.sort(byPath), links: links.sort(byPath) };
}

/** Links for the units that a recipe both ships and enables. */
function enabledUnits(recipe: Recipe, readText: (source: string) => string): LayerLink[] {
  const links: LayerLink[] = [];
  for (const file of recipe.files) {
    const shipped = unitName(file.path);
    if (shipped === undefined) continue;
    const units = recipe.services.enable.filter(
      (unit) => unit === shipped || unit.replace(/@[^.]+\./, '@.') === shipped,
    );
    const text = file.text ?? readText(file.source ?? '');
    for (const unit of units) {
      links.push(
        ...enableLinks(unit, file.path, text).map((link) => ({ ...link, recipe: recipe.name })),
      );
    }
  }
  return links;
}

/** /usr/lib/kronos/appliance.json: what the appliance is, for the self-test, the status screen and the installer. */
function describeAppliance(
  selection: Selection,
  version: string,
  boot: InstalledBoot | undefined,
): string {
  const recipes = selection.recipes.filter((recipe) => recipe.layer !== 'tools');
  return `${JSON.stringify(
    {
      version,
      edition: selection.edition.name,
      summary: selection.edition.summary,
      suite: selection.edition.suite,
      architecture: selection.edition.architecture,
      toolstack: selection.toolstack,
      recipes: recipes.map((recipe) => ({
        name: recipe.name,
        summary: recipe.summary,
        layer: recipe.layer,
      })),
      xenArguments: recipes.flatMap((recipe) => recipe.xenArguments),
      kernelArguments: recipes.flatMap((recipe) => recipe.kernelArguments),
      // What only the medium needs does not count for an installed host.
      installed: {
        xenArguments: recipes.flatMap((one) => (one.layer === 'host' ? one.xenArguments : [])),
        kernelArguments: recipes.flatMap((one) =>
          one.layer === 'host' ? one.kernelArguments : [],
        ),
        ...boot,
      },
      state: [...new Set(recipes.flatMap((recipe) => recipe.state))].sort(),
      checks: recipes.flatMap((recipe) =>
        recipe.checks.map((check) => ({ ...check, recipe: recipe.name })),
      ),
    },
    undefined,
    2,
  )}\n`;
}

/**
 * The directories that a layer needs above its files, with the mode and owner that the layers below give them: an
 * upper directory hides the lower one's mode, so a wrong one would open /root to everybody.
 * Errors: `input/file-conflict` where a directory would take the place of a link or file below, /lib for one.
 */
export function planDirectories(
  plan: LayerPlan,
  below: ReadonlyMap<string, Entry>,
): Pick<Entry, 'path' | 'mode' | 'uid' | 'gid'>[] {
  const paths = new Set<string>(['/']);
  for (const { path } of [...plan.files, ...plan.links]) {
    for (let parent = dirname(path); parent !== '/'; parent = dirname(parent)) paths.add(parent);
  }
  return [...paths].sort().map((path) => {
    const lower = below.get(path);
    if (lower !== undefined && lower.type !== 'directory') throw hiddenConflict(path, lower);
    return {
      path,
      mode: lower?.mode ?? 0o755,
      uid: lower?.uid ?? 0,
      gid: lower?.gid ?? 0,
    };
  });
}

function hiddenConflict(path: string, lower: Entry): KronosError {
  const what = lower.target === undefined ? `a ${lower.type}` : `a link to ${lower.target}`;
  return new KronosError(
    'input/file-conflict',
    `a recipe writes below ${path}, which is ${what} in the packages`,
    { hint: 'write to the path behind the link: /usr/lib for /lib, /run for /var/run' },
  );
}
