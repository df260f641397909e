// kronos fleet schema
import type { Command } from 'commander';
import { addCommonOptions, createSubCommand } from '../options.ts';
import { printSchema } from '../print-schema.ts';
import type { CommonOptions, Runner } from '../session.ts';

/** Defines `kronos fleet schema`. */
export function createSchema(run: Runner): Command {
  const command = createSubCommand(
    'schema',
    'Prints the JSON Schema of the fleet file, with which editors complete keys and mark mistakes.',
    ['kronos fleet schema --output fleet-file.schema.json'],
  ).option('--output <FILE>', 'write it to this file instead');
  return addCommonOptions(command).action((options: CommonOptions & { output?: string }) =>
    run(options, async () => {
      const { fleetFileJsonSchema } = await import('../../fleet/file/json-schema.ts');
      return printSchema(fleetFileJsonSchema(), options.output);
    }),
  );
}
