// Runs steps at most once per set of inputs. Output appears under its key by one rename, so that a build that is
// killed leaves either a whole step or nothing that anyone would read.
import { mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestData, type Sha256 } from '../../common/digest.ts';
import { KronosError, systemCode } from '../../common/error.ts';
import { exists, readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { stepProgress, type BuildObserver } from '../../common/progress.ts';
import { storageError } from '../../common/storage-error.ts';
import { removeTree } from '../sandbox/remove.ts';
import { digestModule } from './code.ts';
import { explainChange } from './explain.ts';
import type { Step, StepResult } from './step.ts';
import { makeWorkDirectory, removeStaleWork } from './work.ts';

/** Bumped when the layout of the cache itself changes. */
const CACHE_FORMAT = 1;

/** Name of the record inside a step's output; starts with a dot so that no artefact is called so. */
const RECORD = '.step.json';

export interface EngineOptions {
  /** The cache directory. */
  cache: string;
  /** Keeps the "what changed" records of different editions apart. */
  scope: string;
  observer: BuildObserver;
  signal: AbortSignal;
}

export interface Engine {
  /** Gives the output of a step, running it only when its inputs were never seen. */
  ensure: (step: Step) => Promise<StepResult>;
  /** The key that a step has, without running it. */
  keyOf: (step: Step) => Sha256;
}

/** The inputs as recorded beside the output. */
interface StepRecord {
  name: string;
  key: Sha256;
  inputs: Record<string, unknown>;
  seconds: number;
}

/** Where a step's output lies in the cache. */
export function stepDirectory(cache: string, key: Sha256): string {
  return join(cache, 'steps', key.slice(0, 2), key.slice(2));
}

/** Makes an engine over a cache directory and clears what earlier, killed builds left in it. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { cache, scope, observer, signal } = options;
  const work = join(cache, 'work');
  await mkdir(work, { recursive: true });
  await removeStaleWork(work);

  const inputsOf = (step: Step): Record<string, unknown> => ({
    ...step.inputs,
    'cache format': CACHE_FORMAT,
    code: digestModule(step.module),
  });
  const keyOf = (step: Step): Sha256 => digestData({ name: step.name, inputs: inputsOf(step) });

  const noteLast = async (step: Step, text: string): Promise<void> => {
    // For `--explain` only: a disk that is full must not keep anybody from what is in the cache, and nobody waits for it.
    const directory = join(cache, 'last', scope);
    await mkdir(directory, { recursive: true }).catch(() => undefined);
    await writeFile(join(directory, `${step.name}.json`), text).catch(() => undefined);
  };

  const readLastInputs = async (step: Step): Promise<StepRecord['inputs'] | undefined> => {
    const file = join(cache, 'last', scope, `${step.name}.json`);
    try {
      return (JSON.parse(await readFile(file, 'utf8')) as Partial<StepRecord> | null)?.inputs;
    } catch {
      // Never made, or the note is damaged: only the explanation is lost.
      return undefined;
    }
  };

  const reuse = async (step: Step, key: Sha256): Promise<StepResult | undefined> => {
    const directory = stepDirectory(cache, key);
    const record = await readTextOrUndefined(join(directory, RECORD));
    if (record === undefined) return undefined;
    const now = new Date();
    // The time of last use is what `kronos clean` goes by.
    await utimes(directory, now, now).catch(() => undefined);
    await noteLast(step, record);
    const reason = 'reused: no input changed';
    return { name: step.name, key, directory, reused: true, reason, seconds: 0 };
  };

  const make = async (step: Step, key: Sha256): Promise<StepResult> => {
    const directory = stepDirectory(cache, key);
    const inputs = inputsOf(step);
    const reason = explainChange(await readLastInputs(step), inputs);
    const started = performance.now();
    const scratch = await makeWorkDirectory(work);
    try {
      const output = join(scratch, 'output');
      await mkdir(output);
      await mkdir(join(scratch, 'scratch'));
      await step.run({
        directory: output,
        scratch: join(scratch, 'scratch'),
        progress: stepProgress(observer, step.name),
        signal,
      });
      if (signal.aborted)
        throw new KronosError('interrupted/cancelled', `${step.title} was stopped`);
      const seconds = (performance.now() - started) / 1000;
      const text = `${JSON.stringify({ name: step.name, key, inputs, seconds } satisfies StepRecord)}\n`;
      await writeFileAtomic(join(output, RECORD), text);
      await publish(output, directory);
      await noteLast(step, text);
      return { name: step.name, key, directory, reused: false, reason, seconds };
    } finally {
      await removeTree(scratch);
    }
  };

  const ensure = async (step: Step): Promise<StepResult> => {
    const key = keyOf(step);
    observer.stepStarted(step.name, step.title);
    try {
      const result = (await reuse(step, key)) ?? (await make(step, key));
      observer.stepFinished(step.name, result);
      return result;
    } catch (error) {
      const failure = storageError(`step ${step.name}`, error);
      observer.stepFailed(step.name, failure);
      throw failure;
    }
  };
  return { ensure, keyOf };
}

/** Moves a finished output to its place; another build that was faster with the same key wins. */
async function publish(output: string, directory: string): Promise<void> {
  await mkdir(join(directory, '..'), { recursive: true });
  try {
    await rename(output, directory);
  } catch (error) {
    if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error;
    if (await exists(join(directory, RECORD))) return;
    // What is there is no output: something else than us has taken files away.
    await removeTree(directory);
    await rename(output, directory);
  }
}
