// The files of an ISO, found by where their bytes are: nothing is extracted, and a layer can be read in place.
import { digestFile, digestOf } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { run } from '../../common/process.ts';
import { toolCommand } from '../tools.ts';
import { sortRecords, type FileRecord } from './sums.ts';

/** One regular file of an ISO. */
export interface MediumFile {
  /** Path on the medium without leading slash. */
  path: string;
  /** Bytes from the start of the ISO. */
  offset: number;
  size: number;
}

const BLOCK = 2048;

/** Lists the regular files of an ISO, sorted by path. Errors: `verification/unreadable-iso`, those of `run`. */
export async function listMedium(
  toolsRoot: string,
  iso: string,
  signal?: AbortSignal,
): Promise<MediumFile[]> {
  const args = ['-no_rc', '-report_about', 'WARNING', '-indev', `stdio:${iso}`];
  const unreadable = (cause?: unknown): KronosError =>
    new KronosError('verification/unreadable-iso', `reading the files of ${iso} failed`, {
      hint: 'the ISO is damaged; copy it again or build again',
      cause,
    });
  let files: MediumFile[];
  try {
    const { stdout } = await run(
      toolCommand(toolsRoot, 'xorriso', [
        ...args,
        ...['-find', '/', '-type', 'f', '-exec', 'report_lba', '--'],
      ]),
      { signal },
    );
    files = parseLbaReport(stdout);
  } catch (error) {
    if (!(error instanceof KronosError) || error.code !== 'io/command-failed') throw error;
    throw unreadable(error);
  }
  // What is no file system xorriso takes for a blank medium, and says nothing.
  if (files.length === 0) throw unreadable();
  return files;
}

/** Every file of an ISO with its digest, as the manifest lists them. Errors: those of `listMedium` and node:fs. */
export async function digestMedium(
  toolsRoot: string,
  iso: string,
  signal?: AbortSignal,
): Promise<FileRecord[]> {
  const records: FileRecord[] = [];
  for (const file of await listMedium(toolsRoot, iso, signal)) {
    signal?.throwIfAborted();
    records.push({ path: file.path, size: file.size, sha256: await digestMediumFile(iso, file) });
  }
  return records;
}

/** sha256 of one file of an ISO. */
export async function digestMediumFile(iso: string, file: MediumFile): Promise<string> {
  // node:fs has no empty range.
  if (file.size === 0) return digestOf('');
  return digestFile(iso, { start: file.offset, end: file.offset + file.size - 1 });
}

/** Reads xorriso's report_lba. A file in several sections counts from its first; xorriso writes them in a row. */
export function parseLbaReport(text: string): MediumFile[] {
  const files = new Map<string, MediumFile>();
  for (const line of text.split('\n')) {
    const match = /^File data lba: *(\d+) *, *(\d+) *, *\d+ *, *(\d+) *, *(.*)$/.exec(line);
    if (match === null) continue;
    const [, section = '', block = '', size = '', quoted = ''] = match;
    const path = unquote(quoted).replace(/^\//, '');
    // Every section repeats the size of the whole file.
    if (section === '0')
      files.set(path, { path, offset: Number(block) * BLOCK, size: Number(size) });
  }
  return sortRecords([...files.values()]);
}

/** xorriso quotes as a shell does: 'it'"'"'s'. */
function unquote(text: string): string {
  return text.replace(
    /'([^']*)'|"([^"]*)"/g,
    (_all, single?: string, double?: string) => single ?? double ?? '',
  );
}
