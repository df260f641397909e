// kronos fleet: a rack of machines, installed over the network from one file.
import type { Command } from 'commander';
import { createApprove } from './fleet/approve.ts';
import { createExport } from './fleet/export.ts';
import { createLog } from './fleet/log.ts';
import { createName } from './fleet/name.ts';
import { createPlan } from './fleet/plan.ts';
import { createRehearse } from './fleet/rehearse.ts';
import { createRetry } from './fleet/retry.ts';
import { createPause, createResume, createRollout } from './fleet/rollout.ts';
import { createSchema } from './fleet/schema.ts';
import { createServe } from './fleet/serve.ts';
import { createStatus } from './fleet/status.ts';
import { createValidate } from './fleet/validate.ts';
import { createSubCommand } from './options.ts';
import type { Runner } from './session.ts';

/** Defines `kronos fleet` and what is below it. */
export function createCommand(run: Runner): Command {
  return createSubCommand(
    'fleet',
    'Installs a rack of machines over the network and makes them pools, from one fleet file.',
    [
      'kronos fleet validate rack.yaml',
      'kronos fleet serve rack.yaml --interface eth1',
      'kronos fleet status --watch',
    ],
  )
    .addCommand(createValidate(run).summary('check a fleet file'))
    .addCommand(createPlan(run).summary('print what each host will become'))
    .addCommand(createRehearse(run).summary('play a rollout with simulated machines'))
    .addCommand(createServe(run).summary('start machines from the network, and install them'))
    .addCommand(createRollout(run).summary('start the rollout'))
    .addCommand(createStatus(run).summary('show where every host stands'))
    .addCommand(createApprove(run).summary('let the next wave go'))
    .addCommand(createRetry(run).summary('install hosts again'))
    .addCommand(createPause(run).summary('arm no more machines for now'))
    .addCommand(createResume(run).summary('go on after a pause'))
    .addCommand(createName(run).summary('say for which host a machine is'))
    .addCommand(createLog(run).summary('print what happened to a host'))
    .addCommand(
      createExport(run).summary('write what MAAS, Tinkerbell or Ironic need to install the hosts'),
    )
    .addCommand(createSchema(run).summary('print the JSON Schema of the fleet file'));
}
