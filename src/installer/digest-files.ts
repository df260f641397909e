// SHA-256 of many files on all processors: on machines without instructions for it, hashing is what takes the time.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

export interface FileToDigest {
  path: string;
  /** Bytes, for the progress. */
  size: number;
}

/** Threads beyond this wait for the disk anyway. */
const MOST_THREADS = 4;

/** Files that a thread takes at once. */
const BATCH = 64;

/**
 * Runs in a thread, as plain CommonJS: programs of the appliance are single files, so there is no module to load. One
 * buffer for all files: twenty thousand streams would cost more than the reading.
 */
const WORKER = `
const { createHash } = require('node:crypto');
const { closeSync, openSync, readSync } = require('node:fs');
const { parentPort } = require('node:worker_threads');
const buffer = Buffer.allocUnsafe(1024 * 1024);
function digest(path) {
  try {
    const hash = createHash('sha256');
    const file = openSync(path, 'r');
    try {
      for (;;) {
        const length = readSync(file, buffer);
        if (length === 0) return hash.digest('hex');
        hash.update(length === buffer.length ? buffer : buffer.subarray(0, length));
      }
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
parentPort.on('message', (paths) => parentPort.postMessage(paths.map(digest)));
`;

/**
 * SHA-256 of every file, in the order given; undefined for one that cannot be read. `onBytes` is told how far it is.
 */
export async function digestFiles(
  files: readonly FileToDigest[],
  onBytes: (done: number, total: number) => void = () => undefined,
): Promise<(string | undefined)[]> {
  const digests = new Array<string | undefined>(files.length);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  let done = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(WORKER, { eval: true });
    try {
      while (next < files.length) {
        const start = next;
        const batch = files.slice(start, start + BATCH);
        next += batch.length;
        const found = await ask(
          worker,
          batch.map((file) => file.path),
        );
        found.forEach((digest, index) => (digests[start + index] = digest));
        done += batch.reduce((sum, file) => sum + file.size, 0);
        onBytes(done, total);
      }
    } finally {
      await worker.terminate();
    }
  };
  const batches = Math.ceil(files.length / BATCH);
  const threads = Math.min(availableParallelism(), MOST_THREADS, Math.max(1, batches));
  await Promise.all(Array.from({ length: threads }, work));
  return digests;
}

function ask(worker: Worker, paths: string[]): Promise<(string | undefined)[]> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (digests: (string | undefined)[]) => {
      worker.off('error', reject);
      resolve(digests);
    });
    worker.postMessage(paths);
  });
}
