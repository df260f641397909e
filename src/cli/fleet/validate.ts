// kronos fleet validate
import type { Command } from 'commander';
import { errorToJson, formatError, KronosError, KronosErrors } from '../../common/error.ts';
import { formatTable } from '../../common/format.ts';
import { formatWarnings } from '../host/warnings.ts';
import { addCommonOptions, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner } from '../session.ts';

/** Defines `kronos fleet validate`. */
export function createValidate(run: Runner): Command {
  const command = createSubCommand(
    'validate',
    'Checks a fleet file and the host files that it makes: every mistake with its line and column and the hosts that it concerns, and whatever is allowed but will surprise. Ends with 2 where there is a mistake.',
    ['kronos fleet validate rack.yaml', 'kronos fleet validate rack.yaml --json'],
  ).argument('<fleetfile>', 'the fleet file');
  return addCommonOptions(command).action((file: string, options: CommonOptions) =>
    run(options, () => validateFleet(file)),
  );
}

async function validateFleet(file: string): Promise<Outcome> {
  const { readFleetFile } = await import('../../fleet/file/read.ts');
  const { describeFleet } = await import('../../fleet/file/describe.ts');
  try {
    const { fleet, warnings } = await readFleetFile(file);
    const summary = describeFleet(fleet);
    const found = warnings.length === 0 ? 'valid' : `valid, ${count(warnings.length, 'warning')}`;
    const rows = summary.map(([title, text]) => [`  ${title}`, text]);
    return {
      json: {
        ...{ ok: true, file, errors: [], warnings: warnings.map(errorToJson) },
        ...{ fleet: fleet.name, hosts: fleet.hosts.length, policy: fleet.policy },
        pools: fleet.pools.map(({ name, coordinator, hosts }) => ({ name, coordinator, hosts })),
      },
      text: [...formatWarnings(warnings), `${file}: ${found}`, formatTable(rows)].join('\n'),
    };
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    const errors = error instanceof KronosErrors ? error.errors : [error];
    return {
      json: { ok: false, file, errors: errors.map(errorToJson), warnings: [] },
      text: `${formatError(error)}\n${file}: ${count(errors.length, 'error')}`,
      exitCode: error.exitCode,
    };
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
