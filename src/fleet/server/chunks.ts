// Pieces of files in memory, shared by all who are sent the same piece: a rack that starts at once asks for the same bytes
// within moments, so they are read once. How much memory this takes is fixed.
import { read } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** A piece that somebody is sent; must be released. */
export interface Chunk {
  bytes: Buffer;
  release: () => void;
}

export interface Chunks {
  /** Bytes of a piece. */
  size: number;
  /**
   * The piece of a file that holds byte `position`, from there to the end of the piece. Where all memory is under way to
   * slow clients, a short piece of its own. The error is that of node:fs.
   */
  take: (
    file: FileHandle,
    position: number,
    done: (error: Error | null, chunk?: Chunk) => void,
  ) => void;
}

interface Slot {
  buffer: Buffer;
  /** Bytes that were read; undefined while they are read. */
  length: number | undefined;
  /** Who is sent it, or waits for it. */
  users: number;
  waiting: ((error: Error | null) => void)[];
}

/** Bytes that a client gets at a time where no shared memory is left: a thousand of them fit beside it. */
const SPARE_SIZE = 32 * 1024;

/** `size` in bytes, a multiple of 4096; `count` pieces at the most. */
export function createChunks(size = 512 * 1024, count = 96): Chunks {
  /** The one that was used longest ago comes first. */
  const slots = new Map<string, Slot>();
  let made = 0;

  const makeBuffer = (): Buffer | undefined => {
    if (made < count) {
      made += 1;
      return Buffer.allocUnsafeSlow(size);
    }
    for (const [key, slot] of slots) {
      if (slot.users > 0 || slot.length === undefined) continue;
      slots.delete(key);
      return slot.buffer;
    }
    return undefined;
  };

  const load = (key: string, slot: Slot, file: FileHandle, start: number): void => {
    read(file.fd, slot.buffer, 0, size, start, (error, length) => {
      slot.length = error === null ? length : 0;
      // A piece that could not be read is nobody's: the next one who asks tries again.
      if (error !== null && slots.get(key) === slot) {
        slots.delete(key);
        made -= 1;
      }
      for (const tell of slot.waiting.splice(0)) tell(error);
    });
  };

  return {
    size,
    take: (file, position, done) => {
      const start = position - (position % size);
      const key = `${file.fd}:${start}`;
      let slot = slots.get(key);
      if (slot === undefined) {
        const buffer = makeBuffer();
        if (buffer === undefined) {
          takeSpare(file, position, Math.min(SPARE_SIZE, start + size - position), done);
          return;
        }
        slot = { buffer, length: undefined, users: 0, waiting: [] };
        load(key, slot, file, start);
      } else {
        slots.delete(key);
      }
      slots.set(key, slot);
      slot.users += 1;
      const taken = slot;
      const hand = (error: Error | null): void => {
        let held = true;
        const release = (): void => {
          if (held) taken.users -= 1;
          held = false;
        };
        if (error === null) {
          const bytes = taken.buffer.subarray(position - start, Math.max(0, taken.length ?? 0));
          done(null, { bytes, release });
        } else {
          release();
          done(error);
        }
      };
      if (slot.length === undefined) slot.waiting.push(hand);
      else hand(null);
    },
  };
}

function takeSpare(
  file: FileHandle,
  position: number,
  length: number,
  done: (error: Error | null, chunk?: Chunk) => void,
): void {
  const buffer = Buffer.allocUnsafe(length);
  read(file.fd, buffer, 0, length, position, (error, got) => {
    if (error === null) done(null, { bytes: buffer.subarray(0, got), release: () => undefined });
    else done(error);
  });
}
