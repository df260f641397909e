// What a run would do, without doing it: every step is asked whether all of it is there.
import { formatError } from '../common/error.ts';
import type { BootContext, BootStep } from './context.ts';

export interface LookedStep {
  name: string;
  title: string;
  /** `there`: a run leaves it alone. `unknown`: it cannot be told yet, for example before the toolstack runs. */
  state: 'there' | 'to-do' | 'unknown';
  /** Why it is unknown. */
  why?: string;
}

/** Changes nothing. */
export async function lookAtSteps(
  steps: readonly BootStep[],
  context: BootContext,
): Promise<LookedStep[]> {
  const looked: LookedStep[] = [];
  for (const step of steps) {
    if (step.applies?.(context) === false) continue;
    const { name, title } = step;
    try {
      const isThere = (await step.probe?.(context)) === true;
      looked.push({ name, title, state: isThere ? 'there' : 'to-do' });
    } catch (error) {
      const [first = ''] = formatError(error).split('\n');
      looked.push({ name, title, state: 'unknown', why: first.replace(/^error /, '') });
    }
  }
  return looked;
}
