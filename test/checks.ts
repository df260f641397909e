// The checks of the repository itself: each counts as one test.
import { join } from 'node:path';
import { formatSeconds } from '../src/common/format.ts';
import { run } from '../src/common/process.ts';
import type { Summary } from './summary.ts';

interface RepositoryCheck {
  name: string;
  /** Below node_modules, then arguments. */
  program: string;
  arguments: readonly string[];
}

const CHECKS: readonly RepositoryCheck[] = [
  {
    name: 'lint',
    program: 'eslint/bin/eslint.js',
    arguments: [
      '.',
      '--max-warnings',
      '0',
      '--cache',
      '--cache-strategy',
      'content',
      '--cache-location',
      'build/.eslint',
    ],
  },
  {
    name: 'types',
    program: 'typescript-native/bin/tsc',
    arguments: ['-p', 'tsconfig.json', '--noEmit'],
  },
  {
    name: 'types of the page',
    program: 'typescript-native/bin/tsc',
    arguments: ['-p', 'web'],
  },
  {
    name: 'format',
    program: 'prettier/bin/prettier.cjs',
    arguments: ['--check', '--log-level', 'warn', '.'],
  },
  {
    name: 'layers',
    program: 'dependency-cruiser/bin/dependency-cruise.mjs',
    arguments: ['--config', '.dependency-cruiser.cjs', 'src', 'test'],
  },
  {
    name: 'dead code',
    program: 'knip/bin/knip.js',
    arguments: ['--no-progress', '--no-config-hints'],
  },
];

/** Runs them two at a time (they are busy with the processor, and machines for tests are small). */
export async function runChecks(root: string): Promise<Summary> {
  const summary: Summary = { passed: 0, failed: 0, skipped: 0 };
  const waiting = [...CHECKS];
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const program = join(root, 'node_modules', check.program);
      const result = await run([process.execPath, program, ...check.arguments], {
        cwd: root,
        accept: Array.from({ length: 256 }, (_, code) => code),
      });
      const passed = result.exitCode === 0;
      summary[passed ? 'passed' : 'failed'] += 1;
      console.log(
        `${passed ? 'ok' : 'not ok'} - ${check.name}  (${formatSeconds(result.seconds)})`,
      );
      if (!passed) console.log(`${result.stdout}\n${result.stderr}`.trim().replace(/^/gm, '    '));
    }
  };
  await Promise.all([work(), work()]);
  return summary;
}
