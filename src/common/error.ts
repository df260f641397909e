// The one error type a user ever sees: a stable code, what was being done, and what to do about it.

/** What kind of thing went wrong; decides the exit code. */
export type ErrorClass =
  'input' | 'dependency' | 'io' | 'host' | 'verification' | 'internal' | 'interrupted';

/** Process exit code for each class (documented in docs/errors.md). */
export const EXIT_CODES: Readonly<Record<ErrorClass, number>> = {
  input: 2,
  dependency: 3,
  io: 4,
  host: 5,
  verification: 6,
  internal: 70,
  interrupted: 130,
};

/** Where in a user's file a mistake is; lines and columns count from 1. */
export interface Location {
  file: string;
  line?: number | undefined;
  column?: number | undefined;
}

export interface KronosErrorOptions {
  /** What the user can do about it: one sentence, no trailing full stop needed. */
  hint?: string | undefined;
  location?: Location | undefined;
  cause?: unknown;
  /** Machine-readable extras for `--json`; never secrets. */
  details?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A failure that a user can act on.
 *
 * `code` is stable and catalogued in docs/errors.md as `CLASS/NAME` (for example `input/unknown-key`).
 */
export class KronosError extends Error {
  override readonly name = 'KronosError';
  readonly code: `${ErrorClass}/${string}`;
  readonly hint: string | undefined;
  readonly location: Location | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: `${ErrorClass}/${string}`, message: string, options: KronosErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.location = options.location;
    this.details = options.details;
  }

  /** The class part of the code. */
  get class(): ErrorClass {
    return this.code.slice(0, this.code.indexOf('/')) as ErrorClass;
  }

  /** The exit code that belongs to the class. */
  get exitCode(): number {
    return EXIT_CODES[this.class];
  }
}

/** Several mistakes found in one pass; prints one after the other. All are of the same class as the first. */
export class KronosErrors extends KronosError {
  readonly errors: readonly KronosError[];

  constructor(errors: readonly KronosError[]) {
    const first = errors[0];
    if (first === undefined) throw new TypeError('KronosErrors needs at least one error');
    super(first.code, errors.map((error) => error.message).join('\n'));
    this.errors = errors;
  }
}

/** `file:line:column` as far as known, the form editors jump to. */
export function formatLocation(location: Location): string {
  const { file, line, column } = location;
  if (line === undefined) return file;
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
}

/**
 * The lines that a person sees for an error: `error CODE`, location, message, hint.
 * An error that is not a KronosError is a defect and is shown with its stack.
 */
export function formatError(error: unknown): string {
  if (error instanceof KronosErrors) return error.errors.map(formatError).join('\n');
  if (!(error instanceof KronosError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `error internal/defect: ${text}\n  hint: this is a defect in Kronos; please report it with the lines above`;
  }
  const where = error.location === undefined ? '' : `${formatLocation(error.location)}: `;
  const lines = [`error ${error.code}: ${where}${error.message}`];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    lines.push(`  because: ${cause.message}`);
  }
  if (error.hint !== undefined) lines.push(`  hint: ${error.hint}`);
  return lines.join('\n');
}

/** The same as data, for `--json`. */
export function errorToJson(error: unknown): Record<string, unknown> {
  if (error instanceof KronosErrors) return { errors: error.errors.map(errorToJson) };
  if (!(error instanceof KronosError)) {
    return {
      code: 'internal/defect',
      message: error instanceof Error ? error.message : String(error),
    };
  }
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.location === undefined ? {} : { location: error.location }),
    ...(error.details === undefined ? {} : { details: error.details }),
    ...(error.cause instanceof Error ? { cause: error.cause.message } : {}),
  };
}

/** The exit code for anything thrown. */
export function exitCodeOf(error: unknown): number {
  return error instanceof KronosError ? error.exitCode : EXIT_CODES.internal;
}

/** The `code` of a Node system error (`ENOENT`, ...), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
