// From the text of a host file to the typed document: YAML, includes, variables, schema, and what only shows in the whole.
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatLocation, KronosError, KronosErrors, systemCode } from '../common/error.ts';
import { resolveInside } from '../common/files.ts';
import { limitMistakes, validate } from '../common/validate.ts';
import type { Path, YamlDocument } from '../common/yaml.ts';
import { checkHostFile } from './check.ts';
import { decodeText } from './decode.ts';
import { isMapping, loadHostDocument } from './document.ts';
import type { ReadInclude } from './document.ts';
import type { Toolstack } from './findings.ts';
import { hostFileSchema } from './schema/host-file.ts';
import type { HostFile } from './schema/host-file.ts';
import { isSecretPath } from './secret-places.ts';
import { drawsFromMachine, putVariablesIn } from './variables.ts';
import type { Facts } from './variables.ts';

/** A host file that holds no mistakes. */
export interface HostFileSource {
  hostFile: HostFile;
  /** What will surprise; each has a code, a place and a hint, and none of them is thrown. */
  warnings: readonly KronosError[];
  /** The file as it was typed, with what it includes; for `resolveHostFile` and to place mistakes found later. */
  document: YamlDocument;
}

export interface ResolveOptions {
  /** What the machine says of itself; left out on any other machine, where names of the machine stay as they are. */
  facts?: Facts | undefined;
  /** The toolstack of the image, where it is known. */
  toolstack?: Toolstack | undefined;
}

export interface ParseOptions extends ResolveOptions {
  /** Gives the text of an included file; without it a file that includes others is refused. */
  readInclude?: ReadInclude | undefined;
}

/** Bytes; what is larger was named by mistake. */
const SIZE_LIMIT = 1024 * 1024;

/**
 * Reads and checks a host file; files that it includes must lie in its directory or below.
 * Errors, all mistakes at once and each where it was typed: those of parseHostFile, `input/no-such-file`,
 * `input/path-escapes`, `input/file-too-large`, `input/encoding`, `io/unreadable-file`.
 */
export async function readHostFile(
  path: string,
  options: ResolveOptions = {},
): Promise<HostFileSource> {
  const text = await readText(path);
  return parseHostFile(text, path, { ...options, readInclude: includeBeside(path) });
}

/**
 * Checks the text of a host file. `file` is what messages call it.
 * Errors, all mistakes at once and each where it was typed: those of loadYaml, validate, putVariablesIn and
 * checkHostFile, `input/include`.
 */
export async function parseHostFile(
  text: string,
  file: string,
  options: ParseOptions = {},
): Promise<HostFileSource> {
  const document = await loadHostDocument(text, file, options.readInclude);
  return resolveHostFile(document, options);
}

/**
 * The host file of a document, with variables put in and everything checked. Called again with the facts of the machine
 * once they are known. Errors: see parseHostFile; `host/no-such-fact` where the machine does not say what is asked.
 */
export function resolveHostFile(
  document: YamlDocument,
  options: ResolveOptions = {},
): HostFileSource {
  const errors: KronosError[] = [];
  const filled = putVariablesIn(document, options.facts, errors);
  const known = new Set(errors.map(placeOf));
  let hostFile: HostFile | undefined;
  try {
    hostFile = validate(hostFileSchema, filled, 'the host file', { hide: isSecretPath });
  } catch (error) {
    if (!(error instanceof KronosErrors)) throw error;
    const found = options.facts === undefined ? explainLater(error, document) : error.errors;
    // Where a variable is not known, what became of the text says nothing more.
    errors.push(...found.filter((one) => !known.has(placeOf(one))));
  }
  if (hostFile === undefined || errors.length > 0)
    throw new KronosErrors(limitMistakes(inOrder(errors), document.file));
  const found = checkHostFile(hostFile, document, options.toolstack);
  if (found.errors.length > 0) throw new KronosErrors(inOrder(found.errors));
  return { hostFile, warnings: inOrder(found.warnings), document };
}

/**
 * Text of a file of at most 1 MiB, or `limit` bytes. Errors: `input/no-such-file`, `input/file-too-large`,
 * `input/encoding`, `io/unreadable-file`.
 */
export async function readText(path: string, limit = SIZE_LIMIT): Promise<string> {
  return decodeText(await readBytes(path, limit), path);
}

async function readBytes(path: string, limit: number): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const buffer = Buffer.alloc(limit + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length);
        length += bytesRead;
        if (bytesRead === 0) return buffer.subarray(0, length);
        if (length > limit) break;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw new KronosError('input/no-such-file', `there is no file ${path}`, {
        hint: 'look at the path; a host file is written with: kronos host new',
      });
    }
    throw new KronosError('io/unreadable-file', `reading ${path} failed`, { cause: error });
  }
  throw new KronosError('input/file-too-large', `${path} has more than ${limit} bytes`, {
    hint: 'is this the right file?',
  });
}

/** Reads included files from the directory of a file and below; `what` messages call that file. */
export function includeBeside(path: string, what = 'the host file'): ReadInclude {
  const directory = dirname(path);
  return async (include) => {
    const file = join(directory, include);
    try {
      return { file, text: await readText(await resolveInside(directory, include)) };
    } catch (error) {
      if (!(error instanceof KronosError)) throw error;
      if (error.code === 'input/no-such-file') {
        throw new KronosError('input/no-such-file', `there is no file ${file} to include`, {
          hint: `included files are found from the directory of ${what}`,
        });
      }
      if (error.code !== 'input/path-escapes') throw error;
      throw new KronosError('input/path-escapes', `${file} is not beside ${what} or below`, {
        hint: 'copy it there; links are not followed',
      });
    }
  };
}

/** What a value of the machine makes of a text shows on the machine; until then it is not known to be wrong. */
function explainLater({ errors }: KronosErrors, document: YamlDocument): KronosError[] {
  const drawing = new Set<string>();
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'string') {
      if (drawsFromMachine(value)) drawing.add(formatLocation(document.locate(path)));
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => visit(item, [...path, index]));
    } else if (isMapping(value)) {
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    }
  };
  visit(document.value, []);
  return errors.map((error) => {
    if (!drawing.has(placeOf(error))) return error;
    return new KronosError(error.code, error.message, {
      location: error.location,
      hint: 'text of the machine has no place here before it is put in; check the file with --inventory FILE',
    });
  });
}

function placeOf({ location }: KronosError): string {
  return location === undefined ? '' : formatLocation(location);
}

/** Mistakes in the order of files and lines. */
export function inOrder(errors: readonly KronosError[]): KronosError[] {
  return [...errors].sort((a, b) => {
    const [one, two] = [a.location, b.location];
    return (
      compare(one?.file ?? '', two?.file ?? '') ||
      (one?.line ?? Infinity) - (two?.line ?? Infinity) ||
      (one?.column ?? 0) - (two?.column ?? 0)
    );
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
