// The program kronos-install: finds a host file, plans, shows the plan, carries it out, says how it went.
import { readFile } from 'node:fs/promises';
import { exitCodeOf, formatError, KronosError } from '../common/error.ts';
import { run } from '../common/process.ts';
import { probeMachine } from '../host/probe/probe.ts';
import { includeBeside, parseHostFile } from '../host/read.ts';
import { factsOf } from '../host/variables.ts';
import { carryOut } from './carry-out.ts';
import { openImage } from './image.ts';
import { interact, wantsScreens } from './interact.ts';
import { HELP, parseOptions, type InstallerOptions } from './options.ts';
import { describePlan } from './plan/describe.ts';
import { digestPlan, planInstall } from './plan/plan.ts';
import { consoleSink, joinSinks, jsonSink, tellConsoles, textSink } from './sinks.ts';
import { findHostFile, type FindResult } from './source.ts';
import { readTerminalName } from './ui/outside.ts';

const AREA = '/run/kronos/host.area';

async function main(argv: readonly string[]): Promise<void> {
  const kernelArguments = (await readFile('/proc/cmdline', 'utf8')).trim().split(/\s+/);
  const options = parseOptions(argv, kernelArguments);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const say = (text: string): void => {
    if (options.unattended) tellConsoles(`${text}\n`);
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  try {
    await installFromHostFile(options, kernelArguments, say);
  } catch (error) {
    if (options.unattended) tellConsoles(`\n${formatError(error)}\n`);
    throw error;
  }
  if (options.unattended && !options.plan) await leave(options.after, say);
}

async function installFromHostFile(
  options: InstallerOptions,
  kernelArguments: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => {
      abort.abort();
    });
  }
  const { signal } = abort;
  const image = await openImage();
  say(`Kronos ${image.version} (${image.edition}) installer`);
  const inventory = await probeMachine();
  const facts = factsOf(inventory);
  const { found, attempts }: FindResult = options.ask
    ? { attempts: [] }
    : await findHostFile({
        ...{ file: options.hostFile, kernelArguments, facts, area: AREA, signal, note: say },
      });
  for (const { place, skipped } of attempts)
    say(skipped === undefined ? `host file: ${place}` : `not taken: ${place}: ${skipped}`);
  if (wantsScreens(options)) {
    const how = await interact(image, inventory, { found, options, signal });
    await leave(how, say);
    return;
  }
  if (found === undefined) {
    throw new KronosError('input/no-host-file', 'there is no host file for this machine', {
      hint: 'name one with --host-file, embed it with: kronos host embed, or put host.yaml on a stick labelled KRONOS',
    });
  }
  const { hostFile, warnings } = await parseHostFile(found.text, found.name, {
    facts,
    toolstack: image.toolstack,
    readInclude: found.directory === undefined ? undefined : includeBeside(found.name),
  });
  for (const warning of warnings) say(`warning: ${formatError(warning)}`);
  const plan = planInstall(hostFile, inventory, image, options.reinstall ? 'reinstall' : 'install');
  if (options.plan && options.json) {
    process.stdout.write(`${JSON.stringify({ digest: digestPlan(plan), plan }, undefined, 2)}\n`);
    return;
  }
  say(describePlan(plan));
  if (options.plan) return;
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  const sink = joinSinks([
    options.json ? jsonSink(write) : textSink(write),
    ...(options.unattended ? [consoleSink()] : []),
  ]);
  const { directory } = found;
  const lock = options.unattended ? 'unattended' : await readTerminalName();
  await carryOut({ plan, image, hostFile, facts, directory, sink, signal, note: say, lock });
  say(`Kronos is installed on ${plan.system.disks.map((disk) => disk.name).join(' and ')}.`);
}

async function leave(after: InstallerOptions['after'], say: (text: string) => void): Promise<void> {
  if (after === 'shell') return;
  say(after === 'reboot' ? 'Restarting.' : 'Switching off.');
  await run(['systemctl', after]);
}

process.stdout.on('error', () => undefined);
main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = exitCodeOf(error);
});
