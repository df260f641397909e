// Downloads through apt's own helper, which knows the machine's proxies and passwords, follows redirects, retries and
// goes on in the middle of a file. It is given no digests: what enters the store is checked by the store.
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { exists, statOrUndefined } from '../../common/files.ts';
import { formatBytes } from '../../common/format.ts';
import { CommandError, endWithParent, FIXED_ENVIRONMENT, run } from '../../common/process.ts';
import type { Progress } from '../../common/progress.ts';
import { storageError } from '../../common/storage-error.ts';
import { errorFromApt } from '../apt/messages.ts';
import type { BlobIdentity, BlobStore } from './blobs.ts';

export interface Download {
  uri: string;
  identity: BlobIdentity;
}

/** Downloads at a time; more does not help on mirrors and is impolite. */
const LANES = 4;
/** Files of one run of the helper: enough to keep a connection busy, few enough to store results early. */
const BATCH_FILES = 12;
const BATCH_BYTES = 24_000_000;
/** Milliseconds between two looks at how far the files are. */
const NOTE_INTERVAL = 400;
/** Failures after which the rest is not tried any more. */
const MAX_FAILURES = 5;

const HELPER = '/usr/lib/apt/apt-helper';

const HELPER_OPTIONS = [
  'APT::Sandbox::User=',
  'Acquire::Retries=4',
  'Acquire::http::Timeout=30',
  'Acquire::https::Timeout=30',
  'Acquire::Send-URI-Encoded=true',
].flatMap((option) => ['-o', option]);

/** A path for a URL; `+` is a space to some servers' eyes. */
export function encodePath(path: string): string {
  return encodeURI(path).replaceAll('+', '%2b');
}

/** Batches in the order of the list. */
export function batchDownloads(downloads: readonly Download[]): Download[][] {
  const batches: Download[][] = [];
  let bytes = Infinity;
  for (const download of downloads) {
    const last = batches.at(-1);
    if (
      last === undefined ||
      last.length >= BATCH_FILES ||
      bytes + download.identity.size > BATCH_BYTES
    ) {
      batches.push([download]);
      bytes = download.identity.size;
    } else {
      last.push(download);
      bytes += download.identity.size;
    }
  }
  return batches;
}

/** apt fetches `file:` by a link to the original; a copy is wanted. */
function helperUri(uri: string): string {
  return uri.replace(/^file:/, 'copy:');
}

/** What apt said of one address. */
function reasonFor(uri: string, output: string): string | undefined {
  const lines = output.split('\n');
  return lines.find((line) => line.startsWith(`E: Failed to fetch ${helperUri(uri)}`));
}

function explainFailure({ uri, identity }: Download, output: string): KronosError {
  const doing = `fetching ${identity.name} ${identity.version}`;
  const reason = reasonFor(uri, output);
  if (reason !== undefined && /\s(?:404|410)\s|No such file or directory/.test(reason)) {
    return new KronosError('io/blob-gone', `${doing}: the mirror no longer has ${uri}`, {
      hint: `kronos lock --update ${identity.name}, or import a bundle that has it`,
      details: { package: identity.name, uri },
    });
  }
  return errorFromApt(doing, reason ?? output, { details: { package: identity.name, uri } });
}

class Meter {
  readonly #started = performance.now();
  readonly #total: number;
  readonly #files: number;
  doneFiles = 0;
  doneBytes = 0;
  /** Bytes that were there from an earlier run; they say nothing of the rate. */
  resumedBytes = 0;
  readonly active = new Map<string, number>();

  constructor(downloads: readonly Download[]) {
    this.#files = downloads.length;
    this.#total = downloads.reduce((sum, one) => sum + one.identity.size, 0);
  }

  async note(progress: Progress): Promise<void> {
    let bytes = this.doneBytes;
    for (const [path, size] of this.active) {
      bytes += Math.min(size, (await statOrUndefined(path))?.size ?? 0);
    }
    const seconds = Math.max(0.1, (performance.now() - this.#started) / 1000);
    const rate = Math.max(0, bytes - this.resumedBytes) / seconds;
    progress.note(
      `${this.doneFiles}/${this.#files} packages, ${formatBytes(bytes)} of ${formatBytes(this.#total)}, ${formatBytes(rate)}/s`,
    );
  }
}

/**
 * Downloads into the store; returns what failed, with the rest in the store. Partly downloaded files stay beside the
 * store and are gone on with next time.
 * Errors: `interrupted/cancelled`, `dependency/tool-missing`, `io/disk-full`.
 */
export async function downloadFiles(
  downloads: readonly Download[],
  store: BlobStore,
  progress: Progress,
  signal?: AbortSignal,
): Promise<KronosError[]> {
  if (downloads.length === 0) return [];
  if (!(await exists(HELPER))) {
    throw new KronosError('dependency/tool-missing', `cannot run ${HELPER}`, {
      hint: 'install the package apt',
    });
  }
  const incoming = await store.incoming();
  const partial = (download: Download) => join(incoming, `${download.identity.sha256}.part`);
  // Large files first, so that no lane is left alone with one at the end.
  const queue = batchDownloads([...downloads].sort((a, b) => b.identity.size - a.identity.size));
  const failures: KronosError[] = [];
  const meter = new Meter(downloads);
  for (const download of downloads)
    meter.resumedBytes += (await statOrUndefined(partial(download)))?.size ?? 0;

  const finish = async (download: Download, output: string): Promise<void> => {
    const path = partial(download);
    const there = await statOrUndefined(path);
    const complete =
      there !== undefined &&
      (reasonFor(download.uri, output) === undefined || there.size >= download.identity.size);
    try {
      if (!complete) throw explainFailure(download, output);
      await store.put(path, download.identity);
      meter.doneFiles += 1;
      meter.doneBytes += download.identity.size;
    } catch (error) {
      const known = storageError(`storing ${download.identity.name}`, error);
      if (!(known instanceof KronosError)) throw known;
      failures.push(known);
    } finally {
      meter.active.delete(path);
    }
  };

  const lane = async (): Promise<void> => {
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      if (failures.length >= MAX_FAILURES) return;
      const open: Download[] = [];
      for (const download of batch) {
        const there = await statOrUndefined(partial(download));
        // A run that was killed between the last byte and the check left a whole file.
        if (there !== undefined && there.size >= download.identity.size) await finish(download, '');
        else open.push(download);
      }
      if (open.length === 0) continue;
      for (const download of open) meter.active.set(partial(download), download.identity.size);
      const output = await runHelper(open, partial, signal);
      for (const download of open) await finish(download, output);
    }
  };

  const timer = setInterval(() => void meter.note(progress).catch(() => undefined), NOTE_INTERVAL);
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
    await meter.note(progress);
  } finally {
    clearInterval(timer);
  }
  return failures;
}

/** One run of the helper; returns what it said of failures. */
async function runHelper(
  downloads: readonly Download[],
  target: (download: Download) => string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const pairs = downloads.flatMap((download) => [helperUri(download.uri), target(download)]);
  try {
    await run(endWithParent([HELPER, ...HELPER_OPTIONS, 'download-file', ...pairs]), {
      environment: { ...FIXED_ENVIRONMENT, LC_ALL: 'C', LANGUAGE: '' },
      extendEnvironment: true,
      signal,
    });
    return '';
  } catch (error) {
    if (error instanceof CommandError) return `${error.stderr}\n${error.stdout}`;
    throw error;
  }
}
