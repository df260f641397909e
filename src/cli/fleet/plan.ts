// kronos fleet plan
import type { Command } from 'commander';
import { errorToJson, formatError, KronosError } from '../../common/error.ts';
import { formatBytes, formatTable } from '../../common/format.ts';
import type { HostOutline } from '../../fleet/file/describe.ts';
import type { Fleet, FleetHost } from '../../fleet/file/fleet.ts';
import type { MatchedMachines, RecordedMachine } from '../../fleet/file/inventories.ts';
import type { InstallPlan, PlannedDisk } from '../../installer/plan/plan.ts';
import { formatWarnings } from '../host/warnings.ts';
import { addCommonOptions, collect, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner } from '../session.ts';

interface PlanOptions extends CommonOptions {
  inventories?: string;
  host?: string[];
}

/** Defines `kronos fleet plan`. */
export function createPlan(run: Runner): Command {
  const command = createSubCommand(
    'plan',
    'Prints what each host of a fleet will become, and does nothing: its machine, pool and role, wave, disks, network. Of machines that were recorded it prints which disks are used and what is erased; with --host the whole plan of the installation. The digest of a plan tells whether it changed; the machine has another one, because pool and report are added when it is installed.',
    [
      'kronos fleet plan rack.yaml',
      'kronos fleet plan rack.yaml --inventories machines --host xen01',
    ],
  )
    .argument('<fleetfile>', 'the fleet file')
    .option('--inventories <DIR>', 'recorded machines: what kronos host inventory wrote, as *.json')
    .option('--host <NAME>', 'only this host; can be given several times', collect);
  return addCommonOptions(command).action((file: string, options: PlanOptions) =>
    run(options, () => planFleet(file, options)),
  );
}

/** A host and what is planned for its machine. */
interface PlannedHost {
  outline: HostOutline;
  machine?: RecordedMachine | undefined;
  plan?: InstallPlan;
  digest?: string;
  refused?: KronosError;
}

async function planFleet(file: string, options: PlanOptions): Promise<Outcome> {
  const { readFleetFile } = await import('../../fleet/file/read.ts');
  const { describeFleet, outlineHost } = await import('../../fleet/file/describe.ts');
  const { foreseeWaves } = await import('../../fleet/state/foresee.ts');
  const { findHost } = await import('../../fleet/file/host-file.ts');
  const { fleet, warnings } = await readFleetFile(file);
  const matched = await readMachines(fleet, options.inventories);
  const waves = foreseeWaves(fleet);
  const chosen = options.host?.map((name) => findHost(fleet, name));
  const planned: PlannedHost[] = [];
  for (const host of chosen ?? fleet.hosts) {
    const outline = outlineHost(fleet, host, waves.get(host.name) ?? 0);
    planned.push(await planHost(outline, host, matched.machines.get(host.name)));
  }
  const whole = chosen !== undefined;
  const texts = await Promise.all(planned.map((one) => describePlanned(one, whole)));
  const [first] = planned.flatMap(({ refused }) => (refused === undefined ? [] : [refused]));
  return {
    json: {
      ...{ fleet: fleet.name, file, warnings: warnings.map(errorToJson) },
      policy: fleet.policy,
      hosts: planned.map(toJson),
      unknownMachines: matched.strangers.map((one) => one.file),
      doubles: matched.doubles.map(({ machine, host }) => ({ file: machine.file, host })),
    },
    text: [
      [
        ...formatWarnings(warnings),
        ...(whole ? [] : [formatTable(describeFleet(fleet))]),
        ...describeOthers(matched),
      ].join('\n'),
      ...texts,
    ]
      .filter((text) => text !== '')
      .join('\n\n'),
    ...(first === undefined ? {} : { exitCode: first.exitCode }),
  };
}

/** Every recorded machine of a directory. Errors: `input/no-such-file`, `io/unreadable-file`, those of readInventory. */
async function readMachines(fleet: Fleet, directory: string | undefined): Promise<MatchedMachines> {
  const { matchInventories } = await import('../../fleet/file/inventories.ts');
  if (directory === undefined) return matchInventories(fleet, []);
  const { readInventories } = await import('./read-inventories.ts');
  return matchInventories(fleet, await readInventories(directory));
}

async function planHost(
  outline: HostOutline,
  host: FleetHost,
  machine: RecordedMachine | undefined,
): Promise<PlannedHost> {
  if (machine === undefined) return { outline };
  const { resolveHostFile } = await import('../../host/read.ts');
  const { describeHostFile } = await import('../../host/describe.ts');
  const { factsOf } = await import('../../host/variables.ts');
  const { digestPlan, NO_IMAGE, planInstall } = await import('../../installer/plan/plan.ts');
  const { inventory } = machine;
  const mac = 'mac' in host.identity ? host.identity.mac : undefined;
  try {
    const { hostFile } = resolveHostFile(host.document, { facts: factsOf(inventory, mac) });
    const plan = planInstall(hostFile, inventory, NO_IMAGE);
    // What the machine says of itself is put in.
    const becomes = describeHostFile(hostFile);
    return { outline: { ...outline, becomes }, machine, plan, digest: digestPlan(plan) };
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    return { outline, machine, refused: error };
  }
}

async function describePlanned(planned: PlannedHost, whole: boolean): Promise<string> {
  const { describeOutline } = await import('../../fleet/file/describe.ts');
  const { outline, machine, plan, digest, refused } = planned;
  const rows = [
    ...describeOutline(outline),
    ...(machine === undefined ? [] : [['recorded', machine.file]]),
    ...(plan === undefined ? [] : [['disks', describeDisks(plan)]]),
    ...(digest === undefined ? [] : [['plan', digest]]),
  ];
  const lines = [
    outline.host,
    formatTable(rows.map(([title = '', text = '']) => [`  ${title}`, text])),
    ...(refused === undefined ? [] : [formatError(refused)]),
  ];
  if (!whole || plan === undefined) return lines.join('\n');
  const { describePlan } = await import('../../installer/plan/describe.ts');
  return [...lines, describePlan(plan).trimEnd()].join('\n');
}

function describeDisks({ system, storage }: InstallPlan): string {
  const parts = [
    ...system.disks.map((disk) => describeDisk(disk, 'system')),
    ...storage.flatMap(({ name, disks }) => disks.map((disk) => describeDisk(disk, name))),
  ];
  return parts.join('; ');
}

function describeDisk({ name, size, model, erased }: PlannedDisk, use: string): string {
  const what = [formatBytes(size), ...(model === undefined ? [] : [model])].join(' ');
  return `${name} (${what}) for ${use}${erased.length === 0 ? ', empty' : ', ERASED'}`;
}

function describeOthers({ strangers, doubles }: MatchedMachines): string[] {
  return [
    ...strangers.map(({ file }) => `${file}: no host names this machine`),
    ...doubles.map(
      ({ machine, host, first }) => `${machine.file}: left out, ${host} is in ${first} already`,
    ),
  ];
}

function toJson({ outline, machine, plan, digest, refused }: PlannedHost): unknown {
  return {
    ...outline,
    becomes: Object.fromEntries(outline.becomes),
    ...(machine === undefined ? {} : { inventory: machine.file }),
    ...(digest === undefined ? {} : { digest, plan }),
    ...(refused === undefined ? {} : { error: errorToJson(refused) }),
  };
}
