// A job is the part of a step that needs root: it runs in the sandbox and talks to the outside in JSON lines.
import type { Progress } from '../../common/progress.ts';

export interface JobContext {
  progress: Progress;
}

/** What a job module exports: plain data in, plain data out. */
export interface JobModule<Input, Output> {
  runJob: (input: Input, context: JobContext) => Promise<Output>;
}

/** One line from the sandbox. */
export type JobMessage =
  | { type: 'note' | 'log' | 'warn'; text: string }
  | { type: 'result'; value: unknown }
  | {
      type: 'error';
      code?: string | undefined;
      message: string;
      hint?: string | undefined;
      details?: Readonly<Record<string, unknown>> | undefined;
      stack?: string | undefined;
    };
