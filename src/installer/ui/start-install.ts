// From a checked plan to its being carried out.
import { judgeAnswers } from './judge.ts';
import { withError, type Outcome } from './page.ts';
import type { FlowState } from './state.ts';

/** Starts the installation, or says why it cannot be. */
export function startInstall(state: FlowState): Outcome {
  const { text, hostFile, plan, problems } = judgeAnswers(state);
  if (hostFile === undefined || plan === undefined) {
    const first = problems[0];
    if (first === undefined) throw new TypeError('a judgement without a plan has a problem');
    return { state: withError(state, first.error) };
  }
  return {
    state: {
      ...state,
      ...{ waiting: 'Starting ...', problem: [], failure: undefined },
      installedOn: plan.system.disks.map(({ name }) => name),
    },
    effects: [{ type: 'install', request: { text, hostFile, plan } }],
  };
}
