// Programs of the host file's own: all of them are fetched and checked before anything is written to a disk.
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { digestOf } from '../common/digest.ts';
import { KronosError } from '../common/error.ts';
import { run } from '../common/process.ts';
import { fetchContent, shownUrl } from '../host/fetch.ts';
import type { HOOK_STAGES, HostFile } from '../host/schema/host-file.ts';
import type { StepProgress } from '../steps/event.ts';
import type { Step } from '../steps/run.ts';
import type { InstallContext } from './apply/context.ts';
import { runHook } from '../steps/hook-run.ts';
import { patiently } from './patience.ts';

/** Where hooks lie while the installer runs them. */
export const HOOKS = '/run/kronos/hooks';

/** Where those of the first boot lie on the installed host, with `hooks.json`: a list of CarriedHook. */
export const CARRIED_HOOKS = '/etc/kronos/hooks';

/** Bytes of a hook at the most. */
const SIZE_LIMIT = 16 * 1024 * 1024;

export type HookStage = (typeof HOOK_STAGES)[number];

/** What the steps of hooks need to know. */
export type HookContext = Pick<InstallContext, 'hostFile' | 'target' | 'signal' | 'beside'> & {
  /** Where hooks are put (default HOOKS). */
  hooks?: string | undefined;
};

/** A hook on its way. */
export interface PlacedHook {
  stage: HookStage;
  /** What messages call it: a path, or a URL without secrets. */
  name: string;
  /** Where it lies. */
  path: string;
  /** Seconds. */
  timeout: number;
}

/** A hook of the first boot, as the installed host has it. */
export interface CarriedHook {
  /** File name beside `hooks.json`. */
  program: string;
  /** Where it came from. */
  from: string;
  sha256: string;
  /** Seconds. */
  timeout: number;
}

type Hook = HostFile['hooks'][number];

/** The hooks of a stage in the order of the host file, or all. */
export function listHooks(context: HookContext, stage?: HookStage): PlacedHook[] {
  const { hooks } = context.hostFile;
  return hooks
    .map((hook, index) => ({
      ...{ stage: hook.stage, name: nameOf(hook), timeout: hook.timeout },
      path: join(placeOf(context), `${String(index + 1).padStart(2, '0')}-${hook.stage}`),
    }))
    .filter((hook) => stage === undefined || hook.stage === stage);
}

function placeOf({ hooks }: HookContext): string {
  return hooks ?? HOOKS;
}

function nameOf({ file, url }: Hook): string {
  return url === undefined ? (file ?? '') : shownUrl(url);
}

export const fetchHooksStep: Step<HookContext> = {
  name: 'fetch-hooks',
  title: 'Fetching the hooks',
  weight: 1,
  applies: ({ hostFile }) => hostFile.hooks.length > 0,
  apply: async (context, progress) => {
    const place = placeOf(context);
    await mkdir(place, { recursive: true, mode: 0o700 });
    await allowPrograms(place);
    for (const [index, { path, name }] of listHooks(context).entries()) {
      const hook = context.hostFile.hooks[index];
      if (hook === undefined) continue;
      progress.note(`fetching ${name}`);
      const content = await readHook(hook, context, progress);
      const found = digestOf(content);
      if (hook.sha256 !== undefined && hook.sha256 !== found) {
        throw new KronosError('verification/hook-digest', `the hook ${name} is not the right one`, {
          hint: `its sha256 is ${found}, the host file says ${hook.sha256}; nothing was run`,
        });
      }
      await writeFile(path, content, { mode: 0o700 });
      await chmod(path, 0o700);
    }
  },
};

async function readHook(
  hook: Hook,
  { beside, signal }: HookContext,
  progress: StepProgress,
): Promise<Uint8Array> {
  const { file, url } = hook;
  if (url !== undefined) {
    const fetching = { signal, limit: SIZE_LIMIT, timeoutSeconds: 300 };
    return patiently(() => fetchContent(url, fetching), { signal, note: progress.note });
  }
  const path = file ?? '';
  if (!isAbsolute(path) && beside === undefined) {
    throw new KronosError('input/hook-file', `there is no directory to look for ${path} in`, {
      hint: 'the host file came alone; give an absolute path, or a url with its sha256',
    });
  }
  try {
    return await readFile(isAbsolute(path) ? path : join(beside ?? '', path));
  } catch (error) {
    throw new KronosError('input/hook-file', `reading the hook ${path} failed`, {
      hint: 'hooks lie beside the host file, or in the system that the installer runs in',
      cause: error,
    });
  }
}

/** Debian's initrd mounts /run so that nothing in it can be run. */
async function allowPrograms(directory: string): Promise<void> {
  const { stdout } = await run([
    ...['findmnt', '--noheadings', '--output', 'OPTIONS', '--target', directory],
  ]);
  if (!stdout.split(',').includes('noexec')) return;
  await run(['mount', '-t', 'tmpfs', '-o', 'mode=0700,nosuid,nodev', 'tmpfs', directory]);
}

export const beforeInstallHooksStep = hooksStep({
  ...{ stage: 'before-install', weight: 2 },
  title: 'Running the hooks before the installation',
});

/** The system is on the disk and was read back; nothing of the host is configured yet. */
export const afterCopyHooksStep = hooksStep({
  ...{ stage: 'after-copy', weight: 2 },
  title: 'Running the hooks after the copy',
});

/**
 * The host is complete but for its boot loader: where such a hook fails, nothing can be started from the disk. State is
 * copied to its partition afterwards, with what hooks wrote.
 */
export const afterInstallHooksStep = hooksStep({
  ...{ stage: 'after-install', weight: 2 },
  title: 'Running the hooks after the installation',
});

function hooksStep(
  what: { stage: HookStage } & Pick<Step<HookContext>, 'title' | 'weight'>,
): Step<HookContext> {
  const { stage, title, weight } = what;
  return {
    ...{ name: `hooks-${stage}`, title, weight },
    applies: (context) => listHooks(context, stage).length > 0,
    apply: async (context, progress) => {
      const { target, signal } = context;
      for (const hook of listHooks(context, stage)) {
        const place = stage === 'before-install' ? [] : [target];
        await runHook(hook, { arguments: [stage, ...place], signal, note: progress.note });
      }
    },
  };
}

export const carryHooksStep: Step<HookContext> = {
  name: 'carry-hooks',
  title: 'Taking along the hooks of the first boot',
  weight: 1,
  applies: (context) => listHooks(context, 'first-boot').length > 0,
  apply: async (context) => {
    const directory = join(context.target, CARRIED_HOOKS);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const carried: CarriedHook[] = [];
    for (const { path, name, timeout } of listHooks(context, 'first-boot')) {
      const program = basename(path);
      await copyFile(path, join(directory, program));
      await chmod(join(directory, program), 0o700);
      const sha256 = digestOf(await readFile(path));
      carried.push({ program, from: name, sha256, timeout });
    }
    const text = `${JSON.stringify(carried, undefined, 2)}\n`;
    await writeFile(join(directory, 'hooks.json'), text, { mode: 0o600 });
  },
};
