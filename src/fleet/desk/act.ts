// What a person does to a fleet: each action is checked against where everything stands, and becomes entries or an error.
import type { OperatorAction } from '../desk.ts';
import type { Fleet } from '../file/fleet.ts';
import type { FleetState } from '../state/record.ts';
import { planRollout } from '../state/rollout.ts';
import type { Action, Effect } from './effect.ts';
import { planName } from './name.ts';
import { refuse } from './refuse.ts';
import { planRetry } from './retry.ts';

/**
 * What an action adds to the journal. What is so already is no error, and adds nothing.
 * Errors: `input/no-such-host`, `input/fleet-action`, `input/pool-under-way`; of several hosts all of them.
 */
export function planAction(fleet: Fleet, state: FleetState, action: OperatorAction): Effect {
  switch (action.do) {
    case 'start':
      return planStart(fleet, state);
    case 'pause':
      return planPause(state, action);
    case 'resume':
      return planResume(state);
    case 'approve':
      return planApproval(fleet, state, action);
    case 'retry':
      return planRetry(fleet, state, action);
    case 'name':
      return planName(fleet, state, action);
  }
}

function planStart(fleet: Fleet, state: FleetState): Effect {
  const { started, paused } = state.fleet;
  if (paused !== undefined) {
    throw refuse(`the rollout is paused: ${paused.reason}`, 'resume it: kronos fleet resume');
  }
  if (started) return { append: [], message: 'the rollout is under way already' };
  return {
    append: [{ subject: 'fleet', event: { type: 'started' } }],
    message: `the rollout of ${fleet.name} began`,
  };
}

function planPause(state: FleetState, { reason }: Action<'pause'>): Effect {
  if (state.fleet.paused !== undefined) {
    return { append: [], message: 'the rollout is paused already' };
  }
  const event = { type: 'paused', by: 'operator', reason: reason ?? 'no reason given' } as const;
  return {
    append: [{ subject: 'fleet', event }],
    message: 'the rollout is paused: what is under way goes on, nothing else begins',
  };
}

function planResume(state: FleetState): Effect {
  if (state.fleet.paused === undefined) {
    return { append: [], message: 'the rollout is not paused' };
  }
  return {
    append: [{ subject: 'fleet', event: { type: 'resumed' } }],
    message: 'the rollout goes on',
  };
}

function planApproval(fleet: Fleet, state: FleetState, action: Action<'approve'>): Effect {
  const { approvable, lastWave } = planRollout(fleet, state);
  const wave = action.wave ?? approvable;
  if (wave === undefined) {
    throw refuse('nothing waits for approval', 'name the wave to approve it before its time');
  }
  if (!Number.isInteger(wave) || wave < 0 || wave > Math.max(lastWave, approvable ?? 0)) {
    throw refuse(`there is no wave ${wave}`, `the last one is wave ${lastWave}`);
  }
  const message = `wave ${wave} and those before it are approved`;
  if (state.fleet.approvedWave >= wave) return { append: [], message };
  return { append: [{ subject: 'fleet', event: { type: 'approved', wave } }], message };
}
