// The screens on the terminal that the installer was started on.
import { formatError, KronosError } from '../common/error.ts';
import { probeMachine } from '../host/probe/probe.ts';
import { includeBeside, parseHostFile } from '../host/read.ts';
import type { Inventory } from '../host/inventory.ts';
import { factsOf } from '../host/variables.ts';
import { carryOut } from './carry-out.ts';
import type { InstallImage } from './image.ts';
import type { InstallerOptions } from './options.ts';
import type { FoundHostFile } from './source.ts';
import {
  loadKeymap,
  openShell,
  readKeymaps,
  readTerminalName,
  readTimezones,
  saveText,
} from './ui/outside.ts';
import { runInteractive, type InteractiveOptions, type Leaving } from './ui/run.ts';
import { openTerminal } from './ui/terminal.ts';

/** Whether a person is to be asked: somebody sits there, and nothing on the command line says otherwise. */
export function wantsScreens(options: InstallerOptions): boolean {
  const { unattended, plan, json } = options;
  return !unattended && !plan && !json && process.stdin.isTTY && process.stdout.isTTY;
}

/** Shows the screens until they are left. Errors: those of runInteractive. */
export async function interact(
  image: InstallImage,
  inventory: Inventory,
  {
    found,
    options,
    signal,
  }: {
    found: FoundHostFile | undefined;
    options: InstallerOptions;
    signal: AbortSignal;
  },
): Promise<Leaving> {
  const name = await readTerminalName();
  const [timezones, keymaps] = await Promise.all([readTimezones(), readKeymaps()]);
  return await runInteractive({
    terminal: openTerminal(process.stdin, process.stdout, name),
    world: {
      ...{ version: image.version, edition: image.edition, image, inventory },
      ...{ timezones, keymaps, terminal: name },
    },
    ...(found === undefined ? {} : await readPreset(found, image, inventory, options)),
    outside: {
      probe: () => probeMachine(),
      install: ({ plan, hostFile }, { sink, signal: stop, ask }) =>
        carryOut({
          ...{ plan, image, hostFile, sink, signal: stop, ask },
          facts: factsOf(inventory, plan.management[0]?.mac),
          directory: found?.directory,
          // The events tell it as well, and the screen is taken.
          note: () => undefined,
        }),
      shell: openShell,
      loadKeymap: (keymap) => loadKeymap(keymap, name),
      save: saveText,
    },
    signal,
  });
}

/** A host file with mistakes is no reason to leave the person alone with a shell. */
async function readPreset(
  found: FoundHostFile,
  image: InstallImage,
  inventory: Inventory,
  options: InstallerOptions,
): Promise<Pick<InteractiveOptions, 'preset' | 'notice'>> {
  try {
    const { hostFile } = await parseHostFile(found.text, found.name, {
      facts: factsOf(inventory),
      toolstack: image.toolstack,
      readInclude: found.directory === undefined ? undefined : includeBeside(found.name),
    });
    const mode = options.reinstall ? 'reinstall' : 'install';
    return { preset: { name: found.name, text: found.text, hostFile, mode } };
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    const title = 'The host file has mistakes; the questions follow';
    return { notice: { title, lines: formatError(error).split('\n') } };
  }
}
