// Answer files of the tests, and how what becomes of them is printed.
import { formatError, KronosError, KronosErrors } from '../../../src/common/error.ts';
import type { Dialect } from '../../../src/host/answer/definition.ts';
import { importAnswerFile } from '../../../src/host/answer/import.ts';
import { formatNote } from '../../../src/host/answer/report.ts';

/** In every answer file that has a plain password; must be nowhere else. */
export const CANARY = 'canary-7c1f';

const HASH = `$6$salt$${'x'.repeat(86)}`;

export interface Options {
  dialect?: Dialect;
  lenient?: boolean;
  hash?: string | undefined;
}

export interface Printed {
  notes: string[];
  hostFile: string[];
  errors: string[];
}

/** Imports a text; a mistake is printed, a defect is thrown. */
export async function tryImport(
  xml: string | Uint8Array,
  options: Options = {},
  file = 'a.xml',
): Promise<Printed> {
  const bytes = typeof xml === 'string' ? Buffer.from(xml) : xml;
  const hash = 'hash' in options ? options.hash : HASH;
  try {
    const { notes, hostFile } = await importAnswerFile(bytes, file, {
      dialect: options.dialect,
      lenient: options.lenient,
      hashPassword: () => Promise.resolve(hash),
    });
    return { notes: notes.map(formatNote), hostFile: hostFile.split('\n'), errors: [] };
  } catch (error) {
    return { notes: [], hostFile: [], errors: mistakesOf(error).map(formatError) };
  }
}

/** The mistakes in what was thrown; a defect is thrown again. */
export function mistakesOf(error: unknown): readonly KronosError[] {
  if (error instanceof KronosErrors) return error.errors;
  if (error instanceof KronosError) return [error];
  throw error;
}
