// A disk that is full and a place that cannot be used are the user's to mend, wherever they are met.
import { KronosError, systemCode } from './error.ts';

/** Words of the system; xorriso looks at the room itself, and tar tells of a write that was cut short by its bytes. */
const FULL =
  /no space left on device|disk quota exceeded|exceeds free space on media|wrote only \d+ of \d+ bytes/i;

/** Codes of the system that say something about the place and nothing about us. */
const UNUSABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ELOOP']);

/** Whether what a program said means that the disk is full. */
export function tellsOfFullDisk(text: string): boolean {
  return FULL.test(text);
}

/**
 * Turns what the system says about a full disk or a place that cannot be used into an error with a hint; anything else
 * is given back as it is. `doing` is a gerund phrase, or empty where only the place itself is known.
 */
export function storageError(doing: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const before = doing === '' ? '' : `${doing}: `;
  const code = systemCode(error);
  if (error instanceof KronosError && (error.class !== 'io' || error.code === 'io/disk-full')) {
    // The kernel says the same of namespaces, of which there can be too many.
    return error;
  }
  if (code === 'ENOSPC' || code === 'EDQUOT' || tellsOfFullDisk(error.message)) {
    return new KronosError('io/disk-full', `${before}the disk is full`, {
      hint: 'make room (kronos clean), or name other places with --cache DIR and --out DIR',
      cause: error,
    });
  }
  if (error instanceof KronosError || code === undefined || !('syscall' in error)) return error;
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (!UNUSABLE.has(code) && !(code === 'ENOENT' && syscall?.startsWith('mkd') === true)) {
    return error;
  }
  // Of a directory that cannot be made, Node says that it is not there.
  const reason =
    code === 'ENOENT' ? 'cannot be made' : (/^[A-Z]+: ([^,]*)/.exec(error.message)?.[1] ?? code);
  return new KronosError('io/unusable-path', `${before}${path ?? syscall ?? ''}: ${reason}`, {
    hint: 'check who owns the place, what is there, and whether it is mounted read-only',
  });
}
