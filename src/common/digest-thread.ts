// sha256 of a large file in a thread of its own, while the caller does something else.
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { digestFile, type Sha256 } from './digest.ts';

/** What tells this file that it runs as the thread: whoever imports it in a thread of another kind has other data. */
interface Task {
  digestOfFile: string;
}

/** sha256 of a file. Errors: those of node:fs; the reason of `signal`. */
export async function digestInThread(path: string, signal?: AbortSignal): Promise<Sha256> {
  signal?.throwIfAborted();
  const task: Task = { digestOfFile: path };
  const thread = new Worker(fileURLToPath(import.meta.url), { workerData: task });
  const stop = (): void => void thread.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<Sha256>((resolve, reject) => {
      thread.once('message', resolve);
      // An error of another thread is none of our class.
      thread.once('error', (error) => {
        reject(Object.assign(new Error(error.message), error));
      });
      thread.once('exit', () => {
        const reason = signal?.reason as Error | undefined;
        reject(reason ?? new Error(`nothing was said of the digest of ${path}`));
      });
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function isTask(data: unknown): data is Task {
  return typeof data === 'object' && data !== null && 'digestOfFile' in data;
}

if (!isMainThread && isTask(workerData)) {
  parentPort?.postMessage(await digestFile(workerData.digestOfFile));
}
