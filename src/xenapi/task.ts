// Calls that take long, as tasks of the server: they go on where the connection does not.
import { setTimeout as sleep } from 'node:timers/promises';
import { KronosError } from '../common/error.ts';
import { XenApiError, type Json } from './message.ts';
import type { Session } from './session.ts';

interface TaskRecord {
  /** For what was called with `Async.` in front: that name. */
  name_label: string;
  status: 'pending' | 'success' | 'failure' | 'cancelling' | 'cancelled';
  /** 0 to 1. */
  progress: number;
  /** XML: `<value>...</value>`; empty for what returns nothing. */
  result: string;
  error_info: string[];
}

export interface TaskOptions {
  /** Seconds for the whole task. */
  timeoutSeconds: number;
  signal: AbortSignal;
  /** Milliseconds between two looks. */
  interval?: number;
  onProgress?: (fraction: number) => void;
}

/**
 * Runs `method` as a task and returns its result, the text inside of `<value>`.
 * Errors: XenApiError with what the task failed for, `io/task-timeout`, `interrupted/cancelled`, those of a call.
 */
export async function runTask(
  session: Session,
  method: string,
  parameters: readonly Json[],
  options: TaskOptions,
): Promise<string> {
  const task = await session.call<string>(`Async.${method}`, parameters);
  return followTask(session, task, method, options);
}

/** A task of `method` that runs already, begun by a run that was cut or was not answered. Errors: those of a call. */
export async function findTask(session: Session, method: string): Promise<string | undefined> {
  const tasks = await session.call<Readonly<Record<string, TaskRecord>>>('task.get_all_records');
  return Object.entries(tasks).find(
    ([, task]) => task.name_label === `Async.${method}` && task.status === 'pending',
  )?.[0];
}

/** Waits for the end of a task and returns its result. Errors: those of runTask. */
export async function followTask(
  session: Session,
  task: string,
  method: string,
  options: TaskOptions,
): Promise<string> {
  const { timeoutSeconds, signal, interval = 500, onProgress } = options;
  const deadline = performance.now() + timeoutSeconds * 1000;
  for (;;) {
    const record = await session.call<TaskRecord>('task.get_record', [task]);
    onProgress?.(record.progress);
    if (record.status !== 'pending' && record.status !== 'cancelling') {
      await session.call('task.destroy', [task]).catch(() => undefined);
      return resultOf(method, record);
    }
    if (performance.now() > deadline) {
      throw new KronosError('io/task-timeout', `${method} did not end within ${timeoutSeconds} s`, {
        hint: 'it goes on in the server; look at its tasks and run this again',
      });
    }
    await sleep(interval, undefined, { signal });
  }
}

function resultOf(method: string, record: TaskRecord): string {
  if (record.status === 'cancelled')
    throw new KronosError('interrupted/cancelled', `${method} was cancelled in the server`);
  if (record.status === 'failure') {
    const [code = 'INTERNAL_ERROR', ...parameters] = record.error_info;
    throw new XenApiError(code, parameters);
  }
  return /^<value>([\s\S]*)<\/value>$/.exec(record.result)?.[1] ?? record.result;
}
