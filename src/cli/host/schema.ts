// kronos host schema
import type { Command } from 'commander';
import { addCommonOptions, createSubCommand } from '../options.ts';
import { printSchema } from '../print-schema.ts';
import type { CommonOptions, Runner } from '../session.ts';

/** Defines `kronos host schema`. */
export function createSchema(run: Runner): Command {
  const command = createSubCommand(
    'schema',
    'Prints the JSON Schema of the host file, with which editors complete keys and mark mistakes.',
    ['kronos host schema --output host-file.schema.json'],
  ).option('--output <FILE>', 'write it to this file instead');
  return addCommonOptions(command).action((options: CommonOptions & { output?: string }) =>
    run(options, async () => {
      const { hostFileJsonSchema } = await import('../../host/json-schema.ts');
      return printSchema(hostFileJsonSchema(), options.output);
    }),
  );
}
