// kronos host plan
import type { Command } from 'commander';
import { errorToJson, formatError, KronosError } from '../../common/error.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import type { ImageFacts, InstallPlan } from '../../installer/plan/plan.ts';
import { addCommonOptions, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner } from '../session.ts';
import { imageOption, readToolstack } from './image.ts';
import { INVENTORY_OPTION, openInventory } from './open-inventory.ts';
import { formatWarnings } from './warnings.ts';

interface PlanOptions extends CommonOptions {
  inventory?: string;
  image?: string;
  reinstall?: boolean;
}

/** Defines `kronos host plan`. */
export function createPlan(run: Runner): Command {
  const command = createSubCommand(
    'plan',
    'Prints all that an installation would do on a machine, and does nothing: what is erased, how the disks are divided, which network cards are used. The digest of the plan is the same here and on the machine, with and without an image; a host file that has it as "approve" is carried out only as it is printed here.',
    [
      'kronos host plan xen01.yaml --inventory xen01.json',
      'kronos host plan xen01.yaml --inventory xen01.json --image kronos.iso',
    ],
  )
    .argument('<hostfile>', 'the host file')
    .option(...INVENTORY_OPTION)
    .addOption(imageOption())
    .option('--reinstall', 'keep state and storage of the host that is on the disks');
  return addCommonOptions(command).action((file: string, options: PlanOptions) =>
    run(options, () => planHost(file, options)),
  );
}

async function planHost(file: string, options: PlanOptions): Promise<Outcome> {
  const { readHostFile } = await import('../../host/read.ts');
  const { factsOf } = await import('../../host/variables.ts');
  const { digestPlan, planInstall } = await import('../../installer/plan/plan.ts');
  const { describePlan } = await import('../../installer/plan/describe.ts');
  const inventory = await openInventory(options.inventory);
  const image = await readImage(options.image);
  const { hostFile, warnings } = await readHostFile(file, {
    facts: factsOf(inventory),
    toolstack: image.toolstack,
  });
  const mode = options.reinstall === true ? 'reinstall' : 'install';
  const plan = planInstall(hostFile, inventory, image, mode);
  const digest = digestPlan(plan);
  const refused = await findRefusal(plan, hostFile);
  const notes = [
    'The arguments that the recipes of an image give to Xen and Linux are not shown.',
    ...(hostFile.approve === undefined
      ? [`To have this plan carried out and no other, add to ${file}:`, `approve: ${digest}`]
      : refused === undefined
        ? ['The host file approves this plan.']
        : [formatError(refused)]),
  ];
  return {
    json: {
      digest,
      plan,
      approved: hostFile.approve === undefined ? null : refused === undefined,
      warnings: warnings.map(errorToJson),
      ...(refused === undefined ? {} : { error: errorToJson(refused) }),
    },
    text: [...formatWarnings(warnings), describePlan(plan), ...notes].join('\n'),
    ...(refused === undefined ? {} : { exitCode: refused.exitCode }),
  };
}

async function findRefusal(
  plan: InstallPlan,
  hostFile: HostFile,
): Promise<KronosError | undefined> {
  const { requireApproved } = await import('../../installer/plan/plan.ts');
  try {
    requireApproved(plan, hostFile);
    return undefined;
  } catch (error) {
    if (error instanceof KronosError) return error;
    throw error;
  }
}

/** Only the toolstack of an image is in its manifest; nothing else of it can spoil a plan. */
async function readImage(release: string | undefined): Promise<ImageFacts> {
  const { NO_IMAGE } = await import('../../installer/plan/plan.ts');
  const toolstack = await readToolstack(release);
  return toolstack === undefined ? NO_IMAGE : { ...NO_IMAGE, toolstack };
}
