// kronos host validate
import { Option } from 'commander';
import type { Command } from 'commander';
import {
  errorToJson,
  exitCodeOf,
  formatError,
  KronosError,
  KronosErrors,
} from '../../common/error.ts';
import { formatTable } from '../../common/format.ts';
import type { Toolstack } from '../../host/findings.ts';
import { addCommonOptions, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner } from '../session.ts';
import { imageOption, readToolstack } from './image.ts';
import { formatWarnings } from './warnings.ts';

interface ValidateOptions extends CommonOptions {
  toolstack?: Toolstack;
  image?: string;
  inventory?: string;
}

/** Defines `kronos host validate`. */
export function createValidate(run: Runner): Command {
  const command = createSubCommand(
    'validate',
    'Checks host files: every mistake with its file, line and column, and whatever is allowed but will surprise. Says in a few lines what the host is to be where all is well. Ends with 2 where there is a mistake.',
    [
      'kronos host validate xen01.yaml',
      'kronos host validate xen01.yaml --image kronos.iso',
      'kronos host validate rack/*.yaml --toolstack xapi --json',
    ],
  )
    .argument('<files...>', 'host files')
    .addOption(new Option('--toolstack <NAME>', 'toolstack of the image').choices(['xl', 'xapi']))
    .addOption(imageOption().conflicts('toolstack'))
    .option('--inventory <FILE>', 'put in what this recorded machine says, and check it too');
  return addCommonOptions(command).action((files: string[], options: ValidateOptions) =>
    run(options, () => validateFiles(files, options)),
  );
}

async function validateFiles(files: readonly string[], options: ValidateOptions): Promise<Outcome> {
  const { readHostFile } = await import('../../host/read.ts');
  const { describeHostFile } = await import('../../host/describe.ts');
  const facts = await readFacts(options.inventory);
  const toolstack = options.toolstack ?? (await readToolstack(options.image));
  const reports: Record<string, unknown>[] = [];
  const texts: string[] = [];
  let exitCode = 0;
  for (const file of files) {
    try {
      const { hostFile, warnings } = await readHostFile(file, { facts, toolstack });
      const summary = describeHostFile(hostFile);
      reports.push({
        file,
        ok: true,
        errors: [],
        warnings: warnings.map(errorToJson),
        summary: Object.fromEntries(summary),
      });
      const found = warnings.length === 0 ? 'valid' : `valid, ${count(warnings.length, 'warning')}`;
      texts.push(
        [...formatWarnings(warnings), `${file}: ${found}`, formatTable(indent(summary))].join('\n'),
      );
    } catch (error) {
      if (!(error instanceof KronosError)) throw error;
      const errors = error instanceof KronosErrors ? error.errors : [error];
      reports.push({ file, ok: false, errors: errors.map(errorToJson), warnings: [] });
      texts.push(`${formatError(error)}\n${file}: ${count(errors.length, 'error')}`);
      exitCode = Math.max(exitCode, exitCodeOf(error));
    }
  }
  return { json: { ok: exitCode === 0, files: reports }, text: texts.join('\n\n'), exitCode };
}

async function readFacts(path: string | undefined) {
  if (path === undefined) return undefined;
  const { readText } = await import('../../host/read.ts');
  const { inventorySchema } = await import('../../host/inventory.ts');
  const { factsOf } = await import('../../host/variables.ts');
  const { loadYaml } = await import('../../common/yaml.ts');
  const { validate } = await import('../../common/validate.ts');
  // JSON is YAML, and this reader knows lines and columns.
  return factsOf(validate(inventorySchema, loadYaml(await readText(path), path), 'the inventory'));
}

function indent(rows: readonly (readonly [string, string])[]): string[][] {
  return rows.map(([title, text]) => [`  ${title}`, text]);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
