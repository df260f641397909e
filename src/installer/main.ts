// The program kronos-install: finds a host file, plans, shows the plan, carries it out, says how it went.
import { readFile } from 'node:fs/promises';
import { exitCodeOf, formatError, KronosError } from '../common/error.ts';
import { run } from '../common/process.ts';
import { probeMachine } from '../host/probe/probe.ts';
import { includeBeside, parseHostFile } from '../host/read.ts';
import { factsOf } from '../host/variables.ts';
import { fetchBytes } from './fetch-bytes.ts';
import { install } from './install.ts';
import { openImage, verifyLayers } from './image.ts';
import { HELP, parseOptions, type InstallerOptions } from './options.ts';
import { hashPasswords } from './passwords.ts';
import { describePlan } from './plan/describe.ts';
import { digestPlan, planInstall, requireApproved } from './plan/plan.ts';
import {
  consoleSink,
  joinSinks,
  JOURNAL,
  journalSink,
  jsonSink,
  tellConsoles,
  textSink,
} from './sinks.ts';
import { reportedly } from './report.ts';
import { findHostFile } from './source.ts';

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
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      abort.abort();
    });
  }
  const { signal } = abort;
  const image = await openImage();
  say(`Kronos ${image.version} (${image.edition}) installer`);
  const intact = options.plan ? Promise.resolve() : verifyLayers(image);
  // Whoever waits for it hears of it; until then nobody does.
  intact.catch(() => undefined);
  const inventory = await probeMachine();
  const facts = factsOf(inventory);
  const { found, attempts } = await findHostFile({
    ...{ file: options.hostFile, kernelArguments, facts, area: AREA, signal, note: say },
  });
  for (const { place, skipped } of attempts)
    say(skipped === undefined ? `host file: ${place}` : `not taken: ${place}: ${skipped}`);
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
  requireApproved(plan, hostFile);
  const passwords = await hashPasswords(hostFile, { directory: found.directory });
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  const sink = joinSinks([
    journalSink(JOURNAL),
    options.json ? jsonSink(write) : textSink(write),
    ...(options.unattended ? [consoleSink()] : []),
  ]);
  await reportedly(
    { hostFile, facts, plan: digestPlan(plan), version: image.version, passwords, note: say },
    { directory: found.directory },
    (report) =>
      install({
        ...{ plan, image, intact, hostFile, passwords, signal, fetchBytes },
        sink: joinSinks([sink, report]),
      }),
  );
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
