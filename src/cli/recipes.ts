// kronos recipes
import type { Command } from 'commander';
import { formatTable } from '../common/format.ts';
import { addCommonOptions, collect, createSubCommand } from './options.ts';
import type { CommonOptions, Runner } from './session.ts';

interface RecipesOptions extends CommonOptions {
  recipes?: string[];
}

/** Defines `kronos recipes`. */
export function createCommand(run: Runner): Command {
  const command = createSubCommand(
    'recipes',
    'Lists the editions that can be built and the recipes that they combine.',
    ['kronos recipes', 'kronos recipes --recipes ./my-recipes --json'],
  ).option('--recipes <DIR>', 'recipes of your own, which win over ours (repeatable)', collect);
  return addCommonOptions(command).action((options: RecipesOptions) =>
    run(options, async () => {
      const { readCatalogue } = await import('../builder/catalogue.ts');
      const { editions, recipes } = await readCatalogue(options.recipes);
      const text = [
        'Editions',
        formatTable(editions.map(({ name, summary }) => [`  ${name}`, summary])),
        '',
        'Recipes',
        formatTable(
          recipes.map(({ name, summary, layer, own, directory }) => [
            `  ${name}`,
            layer,
            own ? `${summary} (${directory})` : summary,
          ]),
        ),
      ];
      return { json: { editions, recipes }, text: text.join('\n') };
    }),
  );
}
