// What work that is made of steps says while it runs: one stream for the screen, the serial line, the disk and the network.

/** `blocked`: not begun, because a step that it needs failed. */
export type StepState = 'started' | 'progress' | 'finished' | 'skipped' | 'failed' | 'blocked';

/** One line of the stream. */
export interface StepEvent {
  /** ISO 8601, UTC. */
  time: string;
  /** The run that it belongs to: `install`, `firstboot`. */
  stage: string;
  step: string;
  state: StepState;
  /** Of the whole run, 0 to 100. */
  percent: number;
  message: string;
  /** Bytes done and in all, where the step moves data. */
  bytes?: number | undefined;
  total?: number | undefined;
  /** With `failed`: the code and what helps. */
  code?: string | undefined;
  hint?: string | undefined;
}

/** Where events go. Must not throw: what is reported must not stop what is done. */
export type EventSink = (event: StepEvent) => void;

/** What a step tells while it works. */
export interface StepProgress {
  /** Bytes done of all bytes. */
  bytes: (done: number, total: number) => void;
  note: (message: string) => void;
}
