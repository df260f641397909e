// What the appliance says about itself in /usr/lib/kronos/appliance.json; written when the image is built.
import { readFile } from 'node:fs/promises';
import type { Check } from '../builder/recipe/recipe.ts';
import { KronosError, systemCode } from '../common/error.ts';

export const APPLIANCE_FILE = '/usr/lib/kronos/appliance.json';

export interface ApplianceCheck extends Check {
  recipe: string;
}

/** The parts of the description that our programs use; there is more in the file. */
export interface Appliance {
  edition: string;
  version: string;
  summary: string;
  toolstack: { name: string; reason: string };
  recipes: readonly { name: string; layer: string }[];
  checks: readonly ApplianceCheck[];
}

/** Reads the description. Errors: `host/no-appliance`, `host/bad-appliance`. */
export async function readAppliance(path: string = APPLIANCE_FILE): Promise<Appliance> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const why = systemCode(error) ?? String(error);
    throw new KronosError('host/no-appliance', `reading ${path}: ${why}`, {
      hint: 'this program runs inside of an appliance that kronos built',
      cause: error,
    });
  }
  return parseAppliance(text, path);
}

/** The description from its text. Checked by hand: a schema library would double the start-up time. */
export function parseAppliance(text: string, path: string = APPLIANCE_FILE): Appliance {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(path, error instanceof Error ? error.message : String(error));
  }
  const top = record(value, path, 'the document');
  const toolstack = record(top['toolstack'], path, 'toolstack');
  return {
    edition: string(top['edition'], path, 'edition'),
    version: string(top['version'], path, 'version'),
    summary: string(top['summary'] ?? '', path, 'summary'),
    toolstack: {
      name: string(toolstack['name'], path, 'toolstack.name'),
      reason: string(toolstack['reason'] ?? '', path, 'toolstack.reason'),
    },
    recipes: list(top['recipes'], path, 'recipes').map((recipe, index) => ({
      name: string(
        record(recipe, path, `recipes[${index}]`)['name'],
        path,
        `recipes[${index}].name`,
      ),
      layer: string(
        record(recipe, path, `recipes[${index}]`)['layer'] ?? 'host',
        path,
        `recipes[${index}].layer`,
      ),
    })),
    checks: list(top['checks'], path, 'checks').map((check, index) =>
      parseCheck(check, path, `checks[${index}]`),
    ),
  };
}

function parseCheck(value: unknown, path: string, place: string): ApplianceCheck {
  const check = record(value, path, place);
  const { where, timeout, expect } = check;
  if (where !== 'xen' && where !== 'native' && where !== 'always') {
    throw bad(path, `${place}.where is not xen, native or always`);
  }
  if (typeof timeout !== 'number' || !(timeout > 0)) {
    throw bad(path, `${place}.timeout is not a number of seconds`);
  }
  const run = list(check['run'], path, `${place}.run`).map((word, index) =>
    string(word, path, `${place}.run[${index}]`),
  );
  if (run.length === 0) throw bad(path, `${place}.run is empty`);
  return {
    name: string(check['name'], path, `${place}.name`),
    recipe: string(check['recipe'] ?? '', path, `${place}.recipe`),
    run,
    where,
    timeout,
    ...(expect === undefined ? {} : { expect: string(expect, path, `${place}.expect`) }),
  };
}

function record(value: unknown, path: string, place: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(path, `${place} is not an object`);
  }
  return value as Record<string, unknown>;
}

function list(value: unknown, path: string, place: string): unknown[] {
  if (!Array.isArray(value)) throw bad(path, `${place} is not a list`);
  return value;
}

function string(value: unknown, path: string, place: string): string {
  if (typeof value !== 'string') throw bad(path, `${place} is not a text`);
  return value;
}

function bad(path: string, why: string): KronosError {
  return new KronosError('host/bad-appliance', `reading ${path}: ${why}`, {
    hint: 'the image is damaged; build it again',
  });
}
