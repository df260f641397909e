// Sources and splits for tests: paths in short, splits as recipes have them.
import { loadYaml } from '../../../src/common/yaml.ts';
import type { TreeEntry } from '../../../src/builder/component/entry.ts';
import { expandMultiarch } from '../../../src/builder/component/layout.ts';
import { planSplit, type SplitPlan } from '../../../src/builder/component/split.ts';
import { splitSchema } from '../../../src/builder/recipe/split-schema.ts';

/** An entry: a file, `path -> target` a link, `path/` a directory, all with the usual modes. */
export function entry(text: string, more: Partial<TreeEntry> = {}): TreeEntry {
  const [path = '', target] = text.split(' -> ');
  const type = target !== undefined ? 'symlink' : path.endsWith('/') ? 'directory' : 'file';
  return {
    path: path.replace(/\/$/, ''),
    type,
    mode: type === 'directory' ? 0o755 : 0o644,
    size: 1,
    modified: 1_000_000_000,
    target,
    file: type === 'file' ? `/source${path}` : undefined,
    from: 'a file tree',
    ...more,
  };
}

/** Plans a split that is written as in a recipe, below the key `split`. */
export function plan(
  yaml: string,
  entries: readonly TreeEntry[],
  only?: readonly string[],
): SplitPlan {
  const document = loadYaml(yaml, 'recipe.yaml');
  const { split } = document.value as { split: unknown };
  return planSplit({
    entries,
    split: expandMultiarch(splitSchema.parse(split), 'amd64'),
    only,
    locate: document.locate,
  });
}

/** The plan as lines: what a person compares. */
export function formatPlan({ packages, narrowed }: SplitPlan): string {
  const lines = packages.flatMap((one) => [
    `package ${one.name} from ${one.from.join(', ')}`,
    ...one.files.map(
      ({ path, type, mode, target, file }) =>
        `  ${mode.toString(8).padStart(4, '0')} ${type} ${path}${target === undefined ? '' : ` -> ${target}`}${file === undefined ? '' : ` = ${file}`}`,
    ),
    ...one.conffiles.map((path) => `  conffile ${path}`),
    ...one.units.map((unit) => `  unit ${unit}`),
  ]);
  const narrow = narrowed.map(
    ({ path, from, to }) => `narrowed ${path}: ${from.toString(8)} -> ${to.toString(8)}`,
  );
  return `${[...lines, ...narrow].join('\n')}\n`;
}
