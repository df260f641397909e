// kronos fleet: a rack of machines, installed over the network from one file.
import type { Command } from 'commander';
import { createPlan } from './fleet/plan.ts';
import { createRehearse } from './fleet/rehearse.ts';
import { createSchema } from './fleet/schema.ts';
import { createValidate } from './fleet/validate.ts';
import { createSubCommand } from './options.ts';
import type { Runner } from './session.ts';

/** Defines `kronos fleet` and what is below it. */
export function createCommand(run: Runner): Command {
  return createSubCommand(
    'fleet',
    'Installs a rack of machines over the network and makes them pools, from one fleet file.',
    ['kronos fleet validate rack.yaml', 'kronos fleet plan rack.yaml --inventories machines'],
  )
    .addCommand(createValidate(run).summary('check a fleet file'))
    .addCommand(createPlan(run).summary('print what each host will become'))
    .addCommand(createRehearse(run).summary('play a rollout with simulated machines'))
    .addCommand(createSchema(run).summary('print the JSON Schema of the fleet file'));
}
