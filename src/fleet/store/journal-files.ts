// The journal as plain files, one for the fleet and one for each machine, that a server may be killed over at any point.
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError, systemCode } from '../../common/error.ts';
import type { Entry } from '../state/event.ts';
import { foldEntry, EMPTY_STATE } from '../state/fold.ts';
import type { FleetState } from '../state/record.ts';
import { formatLine, parseLine, SUBJECT, type Line } from './line.ts';

const SUFFIX = '.jsonl';

/** Files that are written at once: the disk orders them better than we do. */
const HANDS = 8;

export interface JournalFiles {
  /** As it was found. */
  state: FleetState;
  /** Of the last entry. */
  lastTime: string | undefined;
  /** Writes entries so that they outlast a power cut; after an error nothing of them is there. */
  append: (entries: readonly Entry[]) => Promise<void>;
  history: (subject: string) => Promise<Entry[]>;
}

interface Found extends Line {
  file: string;
  /** Bytes before it. */
  offset: number;
  /** Counted from 1. */
  row: number;
}

/**
 * Reads the journal. What a server that was killed had only begun to write is taken away, and `note` says so.
 * Errors: `io/fleet-journal` where something else is wrong, with file and line; those of the file system.
 */
export async function openJournalFiles(
  directory: string,
  note: (text: string) => void,
): Promise<JournalFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const sizes = new Map<string, number>();
  const found: Found[] = [];
  for (const name of (await readdir(directory)).sort()) {
    if (!name.endsWith(SUFFIX) || !SUBJECT.test(subjectOf(name))) continue;
    const { lines, size, torn } = readLines(
      join(directory, name),
      await readBytes(directory, name),
    );
    if (torn > 0) {
      note(`${join(directory, name)}: its last line was only begun (${torn} bytes); dropped`);
      await truncate(directory, name, size);
    }
    sizes.set(name, size);
    for (const line of lines) found.push(line);
  }
  found.sort((a, b) => a.n - b.n);
  const whole = countWhole(found);
  await dropAfterGap(directory, found.slice(whole), sizes, note);
  found.length = whole;
  let state = EMPTY_STATE;
  for (const { entry } of found) state = foldEntry(state, entry);
  let last = whole;
  let broken: Error | undefined;
  return {
    state,
    lastTime: found.at(-1)?.entry.time,
    append: async (entries) => {
      if (broken !== undefined) throw broken;
      const texts = new Map<string, string>();
      const lines = entries.map((entry, index) => ({ n: last + 1 + index, lot: last + 1, entry }));
      for (const line of lines) {
        const name = fileOf(line.entry.subject);
        texts.set(name, (texts.get(name) ?? '') + formatLine(line));
      }
      try {
        await writeAll(directory, texts, sizes);
      } catch (error) {
        try {
          for (const name of texts.keys()) await truncate(directory, name, sizes.get(name) ?? 0);
        } catch (cause) {
          // What is there now is only known after all was read again.
          broken = new KronosError('io/fleet-store', `${directory} cannot be written`, {
            hint: 'look at the disk, then start the server again',
            cause,
          });
        }
        throw error;
      }
      for (const [name, text] of texts) {
        sizes.set(name, (sizes.get(name) ?? 0) + Buffer.byteLength(text));
      }
      last += entries.length;
    },
    history: async (subject) => {
      const name = fileOf(subject);
      const size = sizes.get(name);
      if (size === undefined) return [];
      const bytes = (await readBytes(directory, name)).subarray(0, size);
      return readLines(join(directory, name), bytes).lines.map(({ entry }) => entry);
    },
  };
}

/** How many come one after the other from 1. What follows a gap must be of the same lot as what is missing. */
function countWhole(found: readonly Found[]): number {
  for (const [index, line] of found.entries()) {
    if (line.n === index + 1) continue;
    const place = { location: { file: line.file, line: line.row } };
    if (line.n <= index) {
      throw new KronosError('io/fleet-journal', `entry ${line.n} stands twice`, {
        ...place,
        hint: 'put the journal back from a copy; it was changed by something else',
      });
    }
    const later = found.slice(index).find(({ lot }) => lot > index + 1);
    if (later === undefined) return index;
    throw new KronosError(
      'io/fleet-journal',
      `entry ${index + 1} is missing, later ones are there`,
      {
        ...place,
        hint: 'put the journal back from a copy; a file of it is gone or was cut',
      },
    );
  }
  return found.length;
}

async function dropAfterGap(
  directory: string,
  dropped: readonly Found[],
  sizes: Map<string, number>,
  note: (text: string) => void,
): Promise<void> {
  for (const { file, offset, n } of [...dropped].sort((a, b) => b.offset - a.offset)) {
    note(`${file}: entry ${n} was written without those before it; dropped`);
    const name = file.slice(directory.length + 1);
    await truncate(directory, name, offset);
    sizes.set(name, offset);
  }
}

/**
 * The lines of a file. `torn`: bytes after them that a write left that did not come to its end; after a power cut a file
 * may have its new length and nothing there.
 */
function readLines(file: string, bytes: Buffer): { lines: Found[]; size: number; torn: number } {
  const lines: Found[] = [];
  let offset = 0;
  for (let row = 1; ; row += 1) {
    const end = bytes.indexOf(10, offset);
    if (end === -1) break;
    const line = parseLine(bytes.toString('utf8', offset, end));
    if (line === undefined) {
      throw new KronosError('io/fleet-journal', 'this is no line of a journal', {
        location: { file, line: row },
        hint: 'put the journal back from a copy; it was damaged or changed by something else',
      });
    }
    lines.push({ ...line, file, offset, row });
    offset = end + 1;
  }
  return { lines, size: offset, torn: bytes.length - offset };
}

async function writeAll(
  directory: string,
  texts: ReadonlyMap<string, string>,
  sizes: ReadonlyMap<string, number>,
): Promise<void> {
  const waiting = [...texts];
  const fresh = waiting.some(([name]) => !sizes.has(name));
  const hand = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, text] = next;
      const size = sizes.get(name);
      const handle = await open(join(directory, name), size === undefined ? 'w' : 'r+', 0o600);
      try {
        const bytes = Buffer.from(text);
        let done = 0;
        while (done < bytes.length) {
          const at = (size ?? 0) + done;
          done += (await handle.write(bytes, done, bytes.length - done, at)).bytesWritten;
        }
        await handle.datasync();
      } finally {
        await handle.close();
      }
    }
  };
  const hands = await Promise.allSettled(Array.from({ length: HANDS }, hand));
  for (const end of hands) if (end.status === 'rejected') throw end.reason;
  if (!fresh) return;
  // A new file is only there after a power cut if its directory says so.
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function truncate(directory: string, name: string, size: number): Promise<void> {
  try {
    const handle = await open(join(directory, name), 'r+');
    try {
      await handle.truncate(size);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || size > 0) throw error;
  }
}

async function readBytes(directory: string, name: string): Promise<Buffer> {
  return readFile(join(directory, name));
}

/** `52:54:00:12:34:56` is `52-54-00-12-34-56.jsonl`. */
function fileOf(subject: string): string {
  if (!SUBJECT.test(subject)) throw new TypeError(`no machine: ${JSON.stringify(subject)}`);
  return `${subject.replaceAll(':', '-')}${SUFFIX}`;
}

function subjectOf(name: string): string {
  return name.slice(0, -SUFFIX.length).replaceAll('-', ':');
}
