// kronos host match
import type { Command } from 'commander';
import type * as z from 'zod';
import { KronosError } from '../../common/error.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { cut, plain } from '../../host/select/text.ts';
import { addCommonOptions, collect, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner } from '../session.ts';
import { INVENTORY_OPTION, openInventory } from './open-inventory.ts';

interface MatchOptions extends CommonOptions {
  inventory?: string;
  disk?: string[];
  interface?: string[];
}

/** Defines `kronos host match`. */
export function createMatch(run: Runner): Command {
  const command = createSubCommand(
    'match',
    'Shows what each selector of a host file picks on a machine: every disk and network card, every clause, pass or fail, and why something is out. Ends with 5 where a selector does not pick exactly what it says.',
    [
      'kronos host match xen01.yaml --inventory xen01.json',
      `kronos host match --disk 'size: ">= 200 GB"' --interface 'link: true'`,
    ],
  )
    .argument('[hostfile]', 'the host file')
    .option(...INVENTORY_OPTION)
    .option(
      '--disk <CLAUSES>',
      'try these clauses as well: YAML such as "model: SAMSUNG*", or {match, count, pick} (repeatable)',
      collect,
    )
    .option('--interface <CLAUSES>', 'the same for network cards (repeatable)', collect);
  return addCommonOptions(command).action((file: string | undefined, options: MatchOptions) =>
    run(options, () => match(file, options)),
  );
}

async function match(file: string | undefined, options: MatchOptions): Promise<Outcome> {
  const { disk = [], interface: card = [] } = options;
  if (file === undefined && disk.length + card.length === 0) {
    throw new KronosError('input/missing-argument', 'kronos host match has nothing to try', {
      hint: 'name a host file, or give clauses with --disk or --interface',
    });
  }
  const select = await import('../../host/select/match.ts');
  const schema = await import('../../host/schema/disks.ts');
  const schemas = {
    disk: { selector: schema.diskSelector, match: schema.diskMatch },
    card: { selector: schema.interfaceSelector, match: schema.interfaceMatch },
  };
  const request = {
    hostFile: file === undefined ? undefined : await readSelectors(file),
    disks: await Promise.all(
      disk.map(async (text) => ({
        what: named('--disk', text),
        selector: await parseSelector(schemas.disk, text, '--disk'),
      })),
    ),
    interfaces: await Promise.all(
      card.map(async (text) => ({
        what: named('--interface', text),
        selector: await parseSelector(schemas.card, text, '--interface'),
      })),
    ),
  };
  const found = select.matchSelectors(request, await openInventory(options.inventory));
  const exitCode = select.problemsOf(found)[0]?.exitCode;
  return {
    json: select.matchToJson(found),
    text: select.formatMatch(found),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}

async function readSelectors(file: string): Promise<Pick<HostFile, 'disks' | 'network'>> {
  const { readFile } = await import('node:fs/promises');
  const { loadYaml } = await import('../../common/yaml.ts');
  const { validate } = await import('../../common/validate.ts');
  const { hostFileSchema } = await import('../../host/schema/host-file.ts');
  return validate(hostFileSchema, loadYaml(await readFile(file, 'utf8'), file), 'the host file');
}

/** A whole selector, or only its clauses. */
async function parseSelector<S extends z.ZodType, M extends z.ZodType>(
  schemas: { selector: S; match: M },
  text: string,
  option: string,
): Promise<z.output<S> | { match: z.output<M>; count: number }> {
  const { loadYaml } = await import('../../common/yaml.ts');
  const { validate } = await import('../../common/validate.ts');
  const document = loadYaml(text, option);
  const { value } = document;
  if (typeof value === 'object' && value !== null && 'match' in value)
    return validate(schemas.selector, document, 'the selector');
  return { match: validate(schemas.match, document, 'the selector'), count: 1 };
}

/** How messages call what was typed. */
function named(option: string, text: string): string {
  return `${option} '${cut(plain(text), 40)}'`;
}
