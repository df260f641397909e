// What is really in a squashfs, read as one stream: `unsquashfs -pf -` prints every inode as text and then all data.
// Nothing is unpacked, so owners, modes and special files are seen by an ordinary user too.
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { KronosError } from '../../common/error.ts';
import { followLines, start } from '../../common/process.ts';
import type { Entry, EntryType } from '../image/contents.ts';
import { comparePaths } from '../image/contents-file.ts';
import { toolCommand } from '../tools.ts';

export interface LayerSource {
  /** File that holds the squashfs. */
  file: string;
  /** Where it begins in the file, in bytes. */
  offset: number;
  toolsRoot: string;
  /** Paths whose content is wanted. */
  capture?: readonly string[];
  signal?: AbortSignal | undefined;
}

export interface LayerContent {
  /** Sorted by path, without owners. */
  entries: Entry[];
  /** The files asked for, as far as they are there. */
  captured: Map<string, Buffer>;
}

/** Reads all of a squashfs. Errors: `verification/unreadable-layer`, `interrupted/cancelled`. */
export async function readLayer(source: LayerSource): Promise<LayerContent> {
  const { file, offset, toolsRoot, signal } = source;
  const child = start(
    toolCommand(toolsRoot, 'unsquashfs', [
      '-processors',
      '2',
      '-o',
      String(offset),
      '-pf',
      '-',
      file,
    ]),
  );
  const said: string[] = [];
  followLines(child.stderr, (line) => said.push(line));
  const stop = (): void => {
    child.kill();
  };
  signal?.addEventListener('abort', stop, { once: true });
  const unreadable = (what: string): KronosError =>
    new KronosError('verification/unreadable-layer', `reading a layer from ${file}: ${what}`, {
      hint: 'the image is damaged; copy it again or build again',
    });
  try {
    const content = await readPseudoStream(child.stdout, new Set(source.capture));
    const status = await child.done;
    if (signal?.aborted === true) {
      throw new KronosError('interrupted/cancelled', 'reading a layer was cancelled');
    }
    const last = said.at(-1);
    if (status !== 0)
      throw unreadable(`unsquashfs ended with ${status}${last === undefined ? '' : `: ${last}`}`);
    if (content === undefined) throw unreadable('the data ends too early');
    return content;
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
    await child.done;
  }
}

const START_OF_DATA = Buffer.from('#\n# START OF DATA - DO NOT MODIFY\n#\n');

interface Header {
  entries: Map<string, Entry>;
  /** Regular files by where their data begins. */
  files: { path: string; offset: number; size: number }[];
  /** Path -> path of the first name of the same file. */
  hardLinks: Map<string, string>;
}

/** Undefined where the stream ends before all data were seen. */
async function readPseudoStream(
  stream: Readable | null,
  capture: ReadonlySet<string>,
): Promise<LayerContent | undefined> {
  if (stream === null) return undefined;
  let before: Buffer | undefined = Buffer.alloc(0);
  let data: DataReader | undefined;
  let header: Header | undefined;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (before === undefined) {
      data?.take(chunk);
      continue;
    }
    // Only the part that may hold the mark is searched again.
    const from = Math.max(0, before.length - START_OF_DATA.length);
    before = Buffer.concat([before, chunk]);
    const mark = before.indexOf(START_OF_DATA, from);
    if (mark === -1) continue;
    header = parsePseudoHeader(before.subarray(0, mark).toString('utf8'));
    data = new DataReader(header, capture);
    data.take(before.subarray(mark + START_OF_DATA.length));
    before = undefined;
  }
  if (before !== undefined && before.length > 0) {
    // A layer without any file has no data part.
    header = parsePseudoHeader(before.toString('utf8'));
    data = new DataReader(header, capture);
  }
  if (header === undefined || data?.finish() !== true) return undefined;
  for (const [path, first] of header.hardLinks) {
    const entry = header.entries.get(first);
    if (entry !== undefined) header.entries.set(path, { ...entry, path });
  }
  return { entries: [...header.entries.values()].sort(comparePaths), captured: data.captured };
}

const TYPES: Readonly<Record<string, EntryType>> = {
  D: 'directory',
  R: 'file',
  S: 'symlink',
  B: 'block',
  C: 'character',
};

/** Reads the text part. Names have blanks and backslashes escaped; targets of links have not. */
export function parsePseudoHeader(text: string): Header {
  const header: Header = { entries: new Map(), files: [], hardLinks: new Map() };
  const line =
    /((?:\\[\s\S]|[^\\\n ])+) (?:(L|x) (.*)|([A-Z]) (\d+) ([0-7]+) (\d+) (\d+) ?(.*))\n/y;
  let lastLink: Entry | undefined;
  for (let at = 0; at < text.length;) {
    line.lastIndex = at;
    const match = line.exec(text);
    if (match === null) {
      // The rest of a link's target that holds a line end, or a comment.
      const end = text.indexOf('\n', at);
      const rest = text.slice(at, end === -1 ? text.length : end);
      if (lastLink !== undefined && !rest.startsWith('#'))
        lastLink.target = `${lastLink.target ?? ''}\n${rest}`;
      at = end === -1 ? text.length : end + 1;
      continue;
    }
    at = line.lastIndex;
    const [
      ,
      name = '',
      kind,
      linked = '',
      letter = '',
      ,
      mode = '',
      uid = '',
      gid = '',
      rest = '',
    ] = match;
    const path = absolute(name);
    lastLink = undefined;
    if (kind === 'L') header.hardLinks.set(path, absolute(linked));
    if (kind !== undefined) continue;
    const entry: Entry = {
      path,
      type: TYPES[letter] ?? (rest.startsWith('s') ? 'socket' : 'fifo'),
      mode: parseInt(mode, 8),
      uid: Number(uid),
      gid: Number(gid),
    };
    if (entry.type === 'symlink') {
      entry.target = rest;
      lastLink = entry;
    }
    if (entry.type === 'file') {
      const [size = 0, offset = 0] = rest.split(' ').map(Number);
      entry.size = size;
      header.files.push({ path, size, offset });
    }
    header.entries.set(path, entry);
  }
  return header;
}

function absolute(escaped: string): string {
  const name = escaped.replace(/\\([\s\S])/g, '$1');
  return name.startsWith('/') ? name : `/${name}`;
}

/** Cuts the data part into files and digests them as they pass. */
class DataReader {
  readonly captured = new Map<string, Buffer>();
  private readonly entries: Map<string, Entry>;
  private readonly files: Header['files'];
  private readonly capture: ReadonlySet<string>;
  private index = 0;
  private position = 0;
  private hash = createHash('sha256');
  private kept: Buffer[] = [];

  constructor(header: Header, capture: ReadonlySet<string>) {
    this.entries = header.entries;
    this.files = header.files.sort((a, b) => a.offset - b.offset || a.size - b.size);
    this.capture = capture;
  }

  take(chunk: Buffer): void {
    let rest = chunk;
    for (let file = this.files[this.index]; file !== undefined; file = this.files[this.index]) {
      const skip = Math.min(rest.length, Math.max(0, file.offset - this.position));
      this.position += skip;
      rest = rest.subarray(skip);
      const part = rest.subarray(0, file.offset + file.size - this.position);
      this.hash.update(part);
      if (this.capture.has(file.path)) this.kept.push(Buffer.from(part));
      this.position += part.length;
      rest = rest.subarray(part.length);
      if (this.position < file.offset + file.size) return;
      this.close(file.path);
    }
  }

  /** Whether every file was seen to its end. */
  finish(): boolean {
    this.take(Buffer.alloc(0));
    return this.index === this.files.length;
  }

  private close(path: string): void {
    const entry = this.entries.get(path);
    if (entry !== undefined) entry.sha256 = this.hash.digest('hex');
    if (this.capture.has(path)) this.captured.set(path, Buffer.concat(this.kept));
    this.hash = createHash('sha256');
    this.kept = [];
    this.index += 1;
  }
}
