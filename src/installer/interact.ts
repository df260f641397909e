// The screens on the terminal that the installer was started on.
import { formatError, KronosError } from '../common/error.ts';
import { probeMachine } from '../host/probe/probe.ts';
import { includeBeside, parseHostFile } from '../host/read.ts';
import type { Inventory } from '../host/inventory.ts';
import { secretsOf } from '../host/secret.ts';
import { factsOf } from '../host/variables.ts';
import type { EventSink } from '../steps/event.ts';
import { scrubError, type Scrubber } from '../steps/scrub.ts';
import { carryOut, secretsOptions } from './carry-out.ts';
import { keepFailure } from './failure.ts';
import { verifyLayers, type InstallImage } from './image.ts';
import type { InstallerOptions } from './options.ts';
import { digestPlan } from './plan/plan.ts';
import { startReport } from './report.ts';
import { beginSession, recordNote } from './session.ts';
import { JOURNAL } from './sinks.ts';
import { journalSink } from '../steps/sinks.ts';
import type { FoundHostFile } from './source.ts';
import { SUPPORT } from './support.ts';
import {
  loadKeymap,
  openShell,
  readKeymaps,
  readTerminalName,
  readTimezones,
  saveText,
} from './ui/outside.ts';
import { runInteractive, type InteractiveOptions, type Leaving } from './ui/run.ts';
import type { InstallRequest } from './ui/state.ts';
import { openTerminal } from './ui/terminal.ts';

export interface InteractOptions {
  image: InstallImage;
  /** The check of the image's layers, begun already. */
  intact: Promise<void>;
  inventory: Inventory;
  found: FoundHostFile | undefined;
  options: InstallerOptions;
  scrub: Scrubber;
  signal: AbortSignal;
}

/** Whether a person is to be asked: somebody sits there, and nothing on the command line says otherwise. */
export function wantsScreens(options: InstallerOptions): boolean {
  const { unattended, plan, json } = options;
  return !unattended && !plan && !json && process.stdin.isTTY && process.stdout.isTTY;
}

/** Shows the screens until they are left. Errors: those of runInteractive. */
export async function interact(given: InteractOptions): Promise<Leaving> {
  const { image, found, signal } = given;
  const name = await readTerminalName();
  const [timezones, keymaps] = await Promise.all([readTimezones(), readKeymaps()]);
  let { inventory, intact } = given;
  return await runInteractive({
    terminal: openTerminal(process.stdin, process.stdout, name),
    world: {
      ...{ version: image.version, edition: image.edition, image, inventory },
      ...{ timezones, keymaps, terminal: name },
    },
    ...(found === undefined ? {} : await readPreset(found, given)),
    outside: {
      probe: async () => (inventory = await probeMachine()),
      install: async (request, tools) => {
        const attempt = { ...given, inventory, intact };
        try {
          await installOnce(request, attempt, tools);
        } catch (error) {
          // The next try reads the medium again: it may have been cleaned, or another cable plugged in.
          intact = Promise.resolve().then(() => verifyLayers(image));
          intact.catch(() => undefined);
          throw error;
        }
      },
      shell: openShell,
      loadKeymap: (keymap) => loadKeymap(keymap, name),
      save: (file, text, what) => saveText(file, text, what === 'report' ? [SUPPORT, JOURNAL] : []),
    },
    signal,
  });
}

/** One attempt, with its journal, its report and what is kept where it fails. */
async function installOnce(
  { plan, hostFile }: InstallRequest,
  { image, intact, inventory, found, scrub }: InteractOptions,
  {
    sink,
    signal,
    ask,
  }: { sink: EventSink; signal: AbortSignal; ask: (words: string) => Promise<string> },
): Promise<void> {
  const machines = [journalSink(JOURNAL, () => undefined)];
  const session = beginSession(scrub, { people: [sink], machines });
  const note = (message: string): void => {
    recordNote(session, message);
    const time = new Date().toISOString();
    const [stage, state] = ['install', 'progress'] as const;
    sink({ time, stage, step: session.step, state, percent: 0, message: scrub(message) });
  };
  const { version, edition } = image;
  Object.assign(session.facts, { version, edition, inventory, hostFile, plan });
  scrub.learn(...secretsOf(hostFile));
  const directory = found?.directory;
  const secrets = secretsOptions({ scrub, directory, signal, note, ask });
  const digest = digestPlan(plan);
  try {
    const facts = factsOf(inventory, plan.management[0]?.mac);
    session.report = await startReport({ hostFile, facts, version, secrets, scrub, note });
    await carryOut({ session, plan, image, intact, hostFile, secrets, signal, directory });
  } catch (error) {
    const { bundle, stick, problems } = await keepFailure(session, error);
    if (bundle !== undefined) note(`Support bundle without secrets: ${bundle}`);
    if (stick !== undefined) note(`The same, and the journal: ${stick}`);
    for (const problem of problems) note(problem);
    await session.report?.finish({ plan: digest, error, step: session.step });
    // The page that tells it, and what a person saves of it, leave the process as well.
    throw scrubError(error, scrub);
  }
  await session.report.finish({ plan: digest });
}

/** A host file with mistakes is no reason to leave the person alone with a shell. */
async function readPreset(
  found: FoundHostFile,
  { image, inventory, options }: InteractOptions,
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
