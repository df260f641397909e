// The files and links of one recipe: chosen by suite and architecture, looked for inside its directory, rendered.
import { lstat, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Location } from '../../common/error.ts';
import { listFiles, resolveInside } from '../../common/files.ts';
import { nearest } from '../../common/nearest.ts';
import { renderTemplate } from '../../common/template.ts';
import type { Variables } from '../../common/template.ts';
import type { Path } from '../../common/yaml.ts';
import { collect } from './load.ts';
import type { RecipeSource } from './load.ts';
import type { RecipeFile, RecipeLink } from './recipe.ts';
import { refuseTarget } from './target.ts';

/** What decides whether a line of a recipe counts. */
export interface Target {
  suite: string;
  architecture: string;
}

/** Whether an item with `suites` and `architectures` is meant for a target. */
export function appliesTo(
  item: { suites?: readonly string[] | undefined; architectures?: readonly string[] | undefined },
  target: Target,
): boolean {
  return (
    (item.suites?.includes(target.suite) ?? true) &&
    (item.architectures?.includes(target.architecture) ?? true)
  );
}

/**
 * The files and links that a recipe brings to a target.
 * Errors, all at once: `input/target-path`, `input/path-escapes`, `input/file-missing`, those of renderTemplate.
 */
export async function readContent(
  source: RecipeSource,
  target: Target,
  variables: Variables,
): Promise<{ files: RecipeFile[]; links: RecipeLink[] }> {
  const errors: KronosError[] = [];
  const files: RecipeFile[] = [];
  const links: RecipeLink[] = [];
  for (const [index, item] of source.data.files.entries()) {
    if (!appliesTo(item, target)) continue;
    try {
      checkTarget(source, ['files', index, 'path'], item.path);
      files.push({
        path: item.path,
        ...(await readItem(source, index, variables)),
        mode: Number.parseInt(item.mode, 8),
        location: source.document.locate(['files', index]),
      });
    } catch (error) {
      collect(errors, error);
    }
  }
  for (const [index, item] of source.data.links.entries()) {
    if (!appliesTo(item, target)) continue;
    try {
      checkTarget(source, ['links', index, 'path'], item.path);
      links.push({
        path: item.path,
        target: item.target,
        location: source.document.locate(['links', index]),
      });
    } catch (error) {
      collect(errors, error);
    }
  }
  if (errors.length > 0) throw new KronosErrors(errors);
  return { files, links };
}

function checkTarget(source: RecipeSource, at: Path, path: string): void {
  const refusal = refuseTarget(path);
  if (refusal === undefined) return;
  throw new KronosError(
    'input/target-path',
    `the path ${JSON.stringify(path)} ${refusal.message}`,
    {
      location: source.document.locate(at),
      hint: refusal.hint,
    },
  );
}

async function readItem(
  source: RecipeSource,
  index: number,
  variables: Variables,
): Promise<{ source: string } | { text: string }> {
  const item = source.data.files[index];
  if (item?.source !== undefined) {
    return {
      source: await findFile(
        source,
        item.source,
        source.document.locate(['files', index, 'source']),
      ),
    };
  }
  if (item?.template !== undefined) {
    const path = await findFile(
      source,
      item.template,
      source.document.locate(['files', index, 'template']),
    );
    return { text: renderTemplate(await readFile(path, 'utf8'), variables, path) };
  }
  return { text: item?.content ?? '' };
}

/** The absolute path of a plain file that belongs to a recipe. */
async function findFile(source: RecipeSource, name: string, location: Location): Promise<string> {
  const path = await inside(source, name, location);
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() === true) return path;
  const candidates = found === undefined ? await listFiles(source.directory) : [];
  const guess = nearest(name, candidates);
  const what =
    found === undefined
      ? 'is not there'
      : found.isDirectory()
        ? 'is a directory'
        : 'is not a plain file';
  throw new KronosError(
    'input/file-missing',
    `the file ${JSON.stringify(name)} of recipe ${source.name} ${what}`,
    {
      location,
      hint:
        guess === undefined
          ? `paths count from the directory of the recipe, ${dirname(source.document.file)}`
          : `did you mean ${JSON.stringify(guess)}?`,
    },
  );
}

async function inside(source: RecipeSource, name: string, location: Location): Promise<string> {
  try {
    return await resolveInside(source.directory, name);
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    throw new KronosError(error.code, error.message, { hint: error.hint, location });
  }
}
