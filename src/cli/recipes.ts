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
    'Lists the editions that can be built and the recipes that they combine; with an edition, only the recipes that it can have.',
    ['kronos recipes', 'kronos recipes debian-12 --recipes ./my-recipes --json'],
  )
    .argument('[edition]', 'show only what this edition can have')
    .option('--recipes <DIR>', 'recipes of your own, which win over ours (repeatable)', collect);
  return addCommonOptions(command).action((edition: string | undefined, options: RecipesOptions) =>
    run(options, async () => {
      const { recipeDirectories } = await import('../builder/request.ts');
      const { describeEditions, describeRecipes } = await import('../builder/recipe/describe.ts');
      const directories = await recipeDirectories(options.recipes);
      const editions = (await describeEditions(directories)).filter(
        ({ name }) => edition === undefined || name === edition,
      );
      const recipes = await describeRecipes(directories, edition);
      const optional = (users: readonly { optional: boolean }[]): string =>
        users.length > 0 && users.every((user) => user.optional) ? 'optional' : '';
      const text = [
        'Editions',
        formatTable(editions.map(({ name, summary }) => [`  ${name}`, summary])),
        '',
        'Recipes',
        formatTable(
          recipes.map((recipe) => [
            `  ${recipe.name}`,
            recipe.layer,
            optional(recipe.editions),
            recipe.summary,
          ]),
        ),
      ];
      return { json: { editions, recipes }, text: text.join('\n') };
    }),
  );
}
