// The text of a host file and of the files that it includes, as one document in which every value knows its own file.
import { KronosError, KronosErrors } from '../common/error.ts';
import { valueAt } from '../common/schema-path.ts';
import { formatPath } from '../common/validate.ts';
import { loadYaml } from '../common/yaml.ts';
import type { Path, YamlDocument } from '../common/yaml.ts';

/** A file that is included: what to call it in messages, and its text. */
export interface IncludedFile {
  file: string;
  text: string;
}

/** Gives the text of an included file by the path that the host file has for it. */
export type ReadInclude = (path: string) => Promise<IncludedFile>;

/**
 * Reads a host file as YAML and puts in what it includes: a key that it lacks is taken from the first included file
 * that has it; mappings are put together, everything else is one value. Nothing is checked against the schema yet.
 * Errors, all of them located: those of loadYaml, `input/include`, `input/file-too-large` (256 KiB).
 */
export async function loadHostDocument(
  text: string,
  file: string,
  readInclude?: ReadInclude,
): Promise<YamlDocument> {
  return includeInto(load(text, file), readInclude);
}

/** The same for what is YAML already. Errors: see loadHostDocument. */
export async function includeInto(
  own: YamlDocument,
  readInclude?: ReadInclude,
): Promise<YamlDocument> {
  const documents = [own];
  const errors: KronosError[] = [];
  for (const [index, path] of includesOf(own.value).entries()) {
    const location = own.locate(['include', index]);
    try {
      if (readInclude === undefined) {
        throw new KronosError('input/include', `the included file ${path} cannot be read here`, {
          location,
          hint: 'a host file that comes alone, embedded or by URL, must be whole; `kronos host embed` puts included files in',
        });
      }
      documents.push(loadIncluded(await readInclude(path)));
    } catch (error) {
      for (const one of error instanceof KronosErrors ? error.errors : [error]) {
        if (!(one instanceof KronosError)) throw one;
        errors.push(one.location === undefined ? placed(one, location) : one);
      }
    }
  }
  if (errors.length > 0) throw new KronosErrors(errors);
  return documents.length === 1 ? own : mergeDocuments(documents);
}

/** Bytes; the area for a host file in a medium has no more. */
const SIZE_LIMIT = 256 * 1024;

function load(text: string, file: string): YamlDocument {
  if (Buffer.byteLength(text) <= SIZE_LIMIT) return loadYaml(text, file);
  throw new KronosError('input/file-too-large', `a host file has at most ${SIZE_LIMIT} bytes`, {
    location: { file },
    hint: 'is this the right file?',
  });
}

function placed(error: KronosError, location: KronosError['location']): KronosError {
  return new KronosError(error.code, error.message, {
    location,
    hint: error.hint,
    cause: error.cause,
  });
}

/** The texts of `include`; whatever else is there is a mistake that the schema tells. */
function includesOf(value: unknown): string[] {
  if (!isMapping(value) || !Array.isArray(value['include'])) return [];
  const list: unknown[] = value['include'];
  return list.every((item) => typeof item === 'string') ? list : [];
}

function loadIncluded({ file, text }: IncludedFile): YamlDocument {
  const document = load(text, file);
  if (!isMapping(document.value)) {
    throw new KronosError('input/include', 'an included file has the keys of a host file', {
      location: document.locate([]),
      hint: 'write what the host file would have, such as "timezone: Europe/Berlin"',
    });
  }
  if ('include' in document.value) {
    throw new KronosError('input/include', 'an included file includes nothing further', {
      location: document.locateKey(['include']),
      hint: 'name the file in the host file itself',
    });
  }
  if ('version' in document.value && document.value['version'] !== 1) {
    throw new KronosError('input/include', 'only version 1 of the host file is known here', {
      location: document.locate(['version']),
      hint: 'write "version: 1", or leave it to the host file',
    });
  }
  return document;
}

/** Several documents as one; of the values at a path the first one counts, and mappings are put together. */
function mergeDocuments(documents: readonly YamlDocument[]): YamlDocument {
  const [own, ...rest] = documents as [YamlDocument, ...YamlDocument[]];
  const errors: KronosError[] = [];
  const value = mergeAt([], documents, errors);
  if (errors.length > 0) throw new KronosErrors(errors);
  const owner = (path: Path): YamlDocument => {
    for (let length = path.length; length > 0; length -= 1) {
      const part = path.slice(0, length);
      const found = [own, ...rest].find((document) => hasPath(document.value, part));
      if (found !== undefined) return found;
    }
    return own;
  };
  return {
    file: own.file,
    value,
    locate: (path) => owner(path).locate(path),
    locateKey: (path) => owner(path).locateKey(path),
    sourceOf: (path) => owner(path).sourceOf(path),
  };
}

function mergeAt(path: Path, documents: readonly YamlDocument[], errors: KronosError[]): unknown {
  const [first, ...others] = documents.filter((document) => hasPath(document.value, path));
  if (first === undefined) return undefined;
  const value = valueAt(first.value, path);
  if (!isMapping(value)) return value;
  const mappings = [first];
  for (const other of others) {
    if (isMapping(valueAt(other.value, path))) {
      mappings.push(other);
      continue;
    }
    const { file, line } = first.locate(path);
    errors.push(
      new KronosError(
        'input/include',
        `${formatPath(path)} is a mapping in line ${String(line)} of ${file} and something else here`,
        {
          location: other.locate(path),
          hint: 'only mappings are put together; make both of the same kind',
        },
      ),
    );
  }
  const keys = new Set(
    mappings.flatMap((document) => Object.keys(valueAt(document.value, path) as object)),
  );
  return Object.fromEntries(
    [...keys].map((key) => [key, mergeAt([...path, key], mappings, errors)]),
  );
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** YAML knows no undefined: what is not there is not there at all. */
function hasPath(value: unknown, path: Path): boolean {
  return valueAt(value, path) !== undefined;
}
