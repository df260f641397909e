// kronos clean
import type { Command } from 'commander';
import { formatBytes } from '../common/format.ts';
import { parseSize } from '../common/parse-size.ts';
import { observeStep } from '../common/progress.ts';
import { addCommonOptions, cacheDirectory, collect, createSubCommand } from './options.ts';
import type { CommonOptions, Runner } from './session.ts';

interface CleanOptions extends CommonOptions {
  limit: string;
  all?: boolean;
  cache?: string;
  recipes?: string[];
}

/** Defines `kronos clean`. */
export function createCommand(run: Runner): Command {
  const command = createSubCommand(
    'clean',
    'Shrinks the cache to a size. What was not used for the longest time goes first; packages go last, and those that a lock names stay.',
    ['kronos clean', 'kronos clean --limit 5G'],
  )
    .option('--limit <SIZE>', 'what may be left', '10G')
    .option('--all', 'remove everything, packages too')
    .option('--cache <DIR>', 'the cache (default ~/.cache/kronos)')
    .option('--recipes <DIR>', 'recipes of your own, whose locks count too (repeatable)', collect);
  return addCommonOptions(command).action((options: CleanOptions) =>
    run(options, async (session) => {
      const cache = cacheDirectory(options.cache);
      const limit = parseSize(options.limit, '--limit');
      const { cleanCache } = await import('../builder/clean.ts');
      const result = await session.show({ title: `Cleaning ${cache}` }, (observer) =>
        observeStep(observer, 'clean', 'Remove what is old', (progress) =>
          cleanCache({
            cache,
            limit,
            all: options.all === true,
            recipes: options.recipes ?? [],
            progress,
            signal: session.signal,
          }),
        ),
      );
      return {
        json: { cache, ...result },
        text: `${formatBytes(result.removed)} removed, ${formatBytes(result.left)} left in ${cache}`,
      };
    }),
  );
}
