// Reading a lock: checked as strictly as what a person writes, because a person may have edited it.
import { basename } from 'node:path';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { SHA256_PATTERN } from '../../common/digest.ts';
import { KronosError, KronosErrors, systemCode } from '../../common/error.ts';
import { validate } from '../../common/validate.ts';
import { loadYaml, type YamlDocument } from '../../common/yaml.ts';
import type { Lock } from './lock.ts';

const sha256 = z.string().regex(SHA256_PATTERN, 'a sha256 of 64 lower-case hexadecimal digits');
const name = z.string().regex(/^[a-z0-9][a-z0-9.+-]*$/, 'a package name');
const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~-]*$/, 'a name without spaces');
const version = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+~:-]*$/, 'a Debian version');
/** Below the base of its origin, wherever that is: nothing may lead out of it. */
const path = z
  .string()
  .regex(
    /^(?!.*(?:^|\/)\.\.(?:\/|$))[A-Za-z0-9][^\\\0\n]*$/,
    'a path below the origin, without ".."',
  );

const originSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('distribution'),
    archive: z.enum(['debian', 'debian-security']),
  }),
  z.strictObject({
    type: z.literal('apt'),
    url: z.string(),
    suite: z.string(),
    components: z.array(z.string()),
    key: sha256,
  }),
  z.strictObject({ type: z.literal('directory') }),
  z.strictObject({ type: z.literal('deb-src'), source: name, version, suite: word, dsc: sha256 }),
]);

const lockSchema = z.strictObject({
  version: z.literal(1),
  edition: word,
  suite: word,
  architecture: word,
  epoch: z.int().min(0),
  requests: sha256,
  origins: z.record(word, originSchema),
  packages: z.array(
    z.strictObject({
      name,
      version,
      architecture: word,
      layer: z.enum(['host', 'live', 'tools']),
      recipe: word,
      asked: z.boolean(),
      origin: word,
      size: z.int().min(1),
      sha256,
      path,
    }),
  ),
});

/**
 * Reads the text of a lock; `file` is for messages.
 * Errors: those of loadYaml and validate, `input/duplicate-package`, `input/unknown-origin`, `verification/lock-path`.
 */
export function parseLock(text: string, file: string): Lock {
  const document = loadYaml(text, file);
  const lock = validate(lockSchema, document, 'the lock');
  checkPackages(lock, document);
  return lock;
}

/** What a schema cannot say: names occur once, origins exist, the file name agrees with name and version. */
function checkPackages(lock: Lock, document: YamlDocument): void {
  const errors: KronosError[] = [];
  const seen = new Set<string>();
  const hint = 'locks are written by: kronos lock';
  lock.packages.forEach((locked, index) => {
    const location = document.locate(['packages', index]);
    const key = `${locked.layer === 'tools' ? 'tools' : 'image'} ${locked.name}`;
    if (seen.has(key)) {
      errors.push(
        new KronosError('input/duplicate-package', `package ${locked.name} is locked twice`, {
          location,
          hint,
        }),
      );
    }
    seen.add(key);
    const origin = lock.origins[locked.origin];
    if (origin === undefined) {
      errors.push(
        new KronosError(
          'input/unknown-origin',
          `package ${locked.name} names the origin ${locked.origin}, which the lock does not have`,
          {
            location,
            hint,
          },
        ),
      );
    } else if (origin.type === 'distribution') {
      // Debian's archive names files after what is in them; a line edited in one place only shows here already.
      const expected = `${locked.name}_${locked.version.replace(/^\d+:/, '')}_${locked.architecture}.deb`;
      if (decodePath(basename(locked.path)) !== expected) {
        errors.push(
          new KronosError(
            'verification/lock-path',
            `package ${locked.name} is locked at version ${locked.version}, but its file is ${basename(locked.path)}`,
            { location, hint: `write the line anew with: kronos lock --update ${locked.name}` },
          ),
        );
      }
    }
  });
  if (errors.length === 1 && errors[0] !== undefined) throw errors[0];
  if (errors.length > 1) throw new KronosErrors(errors);
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads a lock file. Errors: those of `parseLock`, `input/lock-missing`. */
export async function readLock(file: string): Promise<Lock> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new KronosError('input/lock-missing', 'there is no lock for this edition', {
      location: { file },
      hint: 'make one with: kronos lock',
    });
  }
  return parseLock(text, file);
}
