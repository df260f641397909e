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

/** How a step ended. */
export interface StepEnd {
  /** True where the output came from the cache. */
  reused: boolean;
  seconds: number;
  /** Bytes of the output, where known. */
  bytes?: number | undefined;
  /** Why it ran or was reused, in one line. */
  reason?: string | undefined;
}

/** Follows work that is made of named steps, several of which may run at once. All methods are cheap and never throw. */
export interface BuildObserver {
  stepStarted: (name: string, title: string) => void;
  /** Replaces the short text behind the step's title. */
  stepNote: (name: string, text: string) => void;
  stepFinished: (name: string, end: StepEnd) => void;
  stepFailed: (name: string, error: unknown) => void;
  log: (line: string) => void;
  warn: (line: string) => void;
}

/** For callers that follow nothing. */
export const UNOBSERVED: BuildObserver = {
  stepStarted: () => undefined,
  stepNote: () => undefined,
  stepFinished: () => undefined,
  stepFailed: () => undefined,
  log: () => undefined,
  warn: () => undefined,
};

/** What the work inside of one step reports to. */
export function stepProgress(observer: BuildObserver, name: string): Progress {
  return {
    note: (text) => {
      observer.stepNote(name, text);
    },
    log: observer.log,
    warn: observer.warn,
  };
}

/** Runs work as one step of an observer: started, then finished with its time, or failed. */
export async function observeStep<T>(
  observer: BuildObserver,
  name: string,
  title: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const started = performance.now();
  observer.stepStarted(name, title);
  try {
    const result = await work(stepProgress(observer, name));
    observer.stepFinished(name, { reused: false, seconds: (performance.now() - started) / 1000 });
    return result;
  } catch (error) {
    observer.stepFailed(name, error);
    throw error;
  }
}
