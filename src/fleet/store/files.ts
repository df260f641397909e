// The store of one server: plain files below one directory, nothing to set up.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SHA256_PATTERN } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { exists, readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { storageError } from '../../common/storage-error.ts';
import { takeLock } from '../../steps/lock.ts';
import { openJournalFiles } from './journal-files.ts';
import type { Store } from './store.ts';
import { createNews, decideInTurn, laterTime, takeTurns } from './turns.ts';

export interface FileStoreOptions {
  /** Told what a server that was killed left behind. */
  note?: ((text: string) => void) | undefined;
  /** Milliseconds since 1970 (default Date.now): entries get their time from it. */
  now?: (() => number) | undefined;
}

/** Bytes. */
const SECRET = 32;

/**
 * Opens the store below a directory, which is made where it is not there: `journal/`, `inventories/`, `secret`, `lock`.
 * Errors: `io/fleet-locked` where another server has it, `io/fleet-journal` where the journal is damaged, `io/fleet-store`.
 */
export async function openFileStore(
  directory: string,
  options: FileStoreOptions = {},
): Promise<Store> {
  const note = options.note ?? (() => undefined);
  const release = await lockDirectory(directory);
  try {
    const secret = await readOrMakeSecret(join(directory, 'secret'));
    const journal = await openJournalFiles(join(directory, 'journal'), note);
    return openStore(directory, journal, secret, release, options.now ?? Date.now);
  } catch (error) {
    await release();
    throw describeTrouble(directory, error);
  }
}

function openStore(
  directory: string,
  journal: Awaited<ReturnType<typeof openJournalFiles>>,
  secret: Buffer,
  release: () => Promise<void>,
  now: () => number,
): Store {
  const news = createNews();
  let { state, lastTime } = journal;
  let closed = false;
  const turns = takeTurns(async (lot) => {
    const time = laterTime(new Date(now()).toISOString(), lastTime);
    const outcome = decideInTurn(lot, state, time);
    if (outcome.entries.length > 0) {
      await journal.append(outcome.entries);
      lastTime = time;
      state = outcome.state;
      news.tell({ entries: outcome.entries });
    }
    outcome.settle();
  });
  const explain = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw describeTrouble(directory, error);
    }
  };
  return {
    state: () => state,
    passing: () => news.passing,
    transact: (work) => {
      if (closed) return Promise.reject(closedError());
      return explain(turns.transact(work));
    },
    pass: (passing) => news.tell({ passing }),
    history: (subject) => explain(journal.history(subject)),
    watch: news.watch,
    keepInventory: async (digest, text) => {
      const path = inventoryPath(directory, digest);
      if (!(await exists(path))) await explain(writeFileAtomic(path, text, 0o600));
    },
    readInventory: (digest) => explain(readTextOrUndefined(inventoryPath(directory, digest))),
    secret: () => Promise.resolve(secret),
    close: async () => {
      if (closed) return;
      closed = true;
      await turns.idle();
      await release();
    },
  };
}

/** A store that was closed keeps nothing any more. */
export function closedError(): KronosError {
  return new KronosError('io/fleet-store', 'the fleet server is ending', { hint: 'try again' });
}

function inventoryPath(directory: string, digest: string): string {
  if (!SHA256_PATTERN.test(digest)) throw new TypeError('no digest');
  return join(directory, 'inventories', `${digest}.json`);
}

async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const taken = await takeLock('fleet', join(directory, 'lock'));
    if ('release' in taken) return taken.release;
    const { pid } = taken.holder;
    throw new KronosError(
      'io/fleet-locked',
      `process ${pid} serves the fleet in ${directory} already`,
      { hint: 'end it first, or give this server another directory' },
    );
  } catch (error) {
    throw describeTrouble(directory, error);
  }
}

async function readOrMakeSecret(path: string): Promise<Buffer> {
  const text = await readTextOrUndefined(path);
  if (text === undefined) {
    const secret = randomBytes(SECRET);
    await writeFileAtomic(path, `${secret.toString('hex')}\n`, 0o600);
    return secret;
  }
  const secret = Buffer.from(text.trim(), 'hex');
  if (secret.length !== SECRET) {
    throw new KronosError(
      'io/fleet-store',
      `${path} does not hold ${SECRET} bytes in hexadecimal`,
      {
        hint: 'put it back from a copy, or remove it: machines that wait then start once more',
      },
    );
  }
  // Whoever reads it can be any machine.
  await chmod(path, 0o600);
  return secret;
}

/** What the system says about files becomes an error with a hint; what `work` throws is given on as it is. */
function describeTrouble(directory: string, error: unknown): unknown {
  if (error instanceof KronosError) return error;
  const known = storageError('keeping what happens to the fleet', error);
  if (known instanceof KronosError) return known;
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  return new KronosError('io/fleet-store', `the journal in ${directory} cannot be written`, {
    cause: error,
    hint: 'look at the disk; what was not kept was not done either',
  });
}
