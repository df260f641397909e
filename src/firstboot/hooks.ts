// Hooks of the stage first-boot: carried along by the installation, run once.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../common/digest.ts';
import { KronosError } from '../common/error.ts';
import { exists, readTextOrUndefined, writeFileAtomic } from '../common/files.ts';
import { runHook } from '../steps/hook-run.ts';
import type { BootStep } from './context.ts';

/** Where the installation put them, on the state partition; a reinstallation begins anew. */
export const HOOKS = '/etc/kronos/hooks';

interface CarriedHook {
  program: string;
  /** As the host file names it. */
  from: string;
  sha256: string;
  /** Seconds. */
  timeout: number;
}

/** One step for each hook that was carried along. Errors: `input/hooks-record`. */
export async function hookSteps(directory = HOOKS): Promise<BootStep[]> {
  const path = join(directory, 'hooks.json');
  const text = await readTextOrUndefined(path);
  if (text === undefined) return [];
  let hooks: CarriedHook[];
  try {
    hooks = JSON.parse(text) as CarriedHook[];
  } catch (error) {
    throw new KronosError('input/hooks-record', `${path} is damaged`, {
      hint: 'take the file away where no hooks are to run any more',
      cause: error,
    });
  }
  return hooks.map((hook, index) => hookStep(hook, index + 1, directory));
}

function hookStep(hook: CarriedHook, number: number, directory: string): BootStep {
  const { program, from, sha256, timeout } = hook;
  const path = join(directory, program);
  // By content: another hook of the same name has not run yet.
  const done = join(directory, 'done', sha256);
  return {
    name: `hook-${number}`,
    title: `Running the hook ${from}`,
    weight: 2,
    needs: ['network'],
    probe: () => exists(done),
    apply: async ({ signal }, { note }) => {
      if (digestOf(await readFile(path)) !== sha256) {
        throw new KronosError('verification/hook-changed', `${path} is not what was installed`, {
          hint: 'install again with --reinstall to bring it back',
        });
      }
      await runHook(
        { path, name: from, stage: 'first-boot', timeout },
        { arguments: ['first-boot'], signal, note },
      );
      await mkdir(join(directory, 'done'), { recursive: true });
      await writeFileAtomic(done, `${new Date().toISOString()} ${from}\n`);
    },
  };
}
