// How long work tells what it is doing; the CLI decides how that looks (listr2, plain lines, JSON).

/** One unit of visible work. All methods are cheap and never throw. */
export interface Progress {
  /** Replaces the short text behind the title ("fetching 12/266, 8.1 MB/s"). */
  note: (text: string) => void;
  /** A line that a person may want to read afterwards; kept in the log. */
  log: (line: string) => void;
  /** Something that a person should know but that does not stop the work. */
  warn: (line: string) => void;
}

/** For callers that do not show anything. */
export const SILENT: Progress = {
  note: () => undefined,
  log: () => undefined,
  warn: () => undefined,
};
