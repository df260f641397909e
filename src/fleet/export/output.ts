// Files of an export, before and when they are written.
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../common/files.ts';

export interface OutputFile {
  /** Relative to the directory of the export. */
  path: string;
  content: string | Uint8Array;
  /** secret: for its owner only. program: can be run. */
  kind?: 'secret' | 'program' | undefined;
}

const MODES = { secret: 0o600, program: 0o755, plain: 0o644 } as const;

/**
 * Writes an export. Its directory is for its owner only, because what is secret is copied on from there.
 * Errors: those of node:fs.
 */
export async function writeOutput(directory: string, files: readonly OutputFile[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  for (const { path, content, kind } of files) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFileAtomic(target, content, MODES[kind ?? 'plain']);
  }
}

/** A document of YAML that every reader understands alike: JSON is one. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
