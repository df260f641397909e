// The program kronos-install: finds a host file, plans, shows the plan, carries it out, says how it went.
import { abortOnSignals } from '../steps/signals.ts';
import { readFile } from 'node:fs/promises';
import { exitCodeOf, formatError, KronosError } from '../common/error.ts';
import { run } from '../common/process.ts';
import { probeMachine } from '../host/probe/probe.ts';
import { includeBeside, parseHostFile } from '../host/read.ts';
import { passwordsIn, secretsOf } from '../host/secret.ts';
import { factsOf } from '../host/variables.ts';
import { createScrubber } from '../steps/scrub.ts';
import { journalSink, jsonSink, textSink } from '../steps/sinks.ts';
import { carryOut, secretsOptions } from './carry-out.ts';
import { readEarlyDigests } from './early-digests.ts';
import { awaitRestart } from './fleet/orders.ts';
import { createTeller } from './fleet/persist.ts';
import { reportToFleet } from './fleet/report.ts';
import { fleetTokenIn } from './fleet/server.ts';
import { describeFailure, keepFailure } from './failure.ts';
import { formatFileWarnings } from './file-warnings.ts';
import { openImage, verifyLayers } from './image.ts';
import { interact, wantsScreens } from './interact.ts';
import { HELP, parseOptions, type InstallerOptions } from './options.ts';
import { describePlan } from './plan/describe.ts';
import { digestPlan, planInstall } from './plan/plan.ts';
import { openHost } from './rescue.ts';
import { startReport, type RunEnd } from './report.ts';
import { beginSession, recordNote, type Session } from './session.ts';
import { consoleSink, isConsole, JOURNAL, tellConsoles } from './sinks.ts';
import { findHostFile, type FindResult } from './source.ts';
import { collectSupport, writeSupport } from './support.ts';
import { readTerminalName } from './ui/outside.ts';

const AREA = '/run/kronos/host.area';

async function main(argv: readonly string[]): Promise<void> {
  const kernelArguments = (await readFile('/proc/cmdline', 'utf8')).trim().split(/\s+/);
  const scrub = createScrubber(kernelArguments.flatMap(secretsOfArgument));
  const options = parseOptions(argv, kernelArguments);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  if (options.rescue) {
    process.stdout.write(await openHost());
    return;
  }
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  // What goes to every console is not said a second time to somebody who sits at one.
  const seen = options.unattended && isConsole(await readTerminalName());
  const say = (text: string): void => {
    const clean = scrub(text);
    if (options.unattended) tellConsoles(`${clean}\n`);
    if (!options.json && !seen) write(`${clean}\n`);
  };
  const session = beginSession(scrub, {
    people: [
      ...(options.json || seen ? [] : [textSink(write)]),
      ...(options.unattended ? [consoleSink()] : []),
    ],
    // To look at a plan leaves no traces.
    machines: [
      ...(options.plan ? [] : [journalSink(JOURNAL, say)]),
      ...(options.json && !options.plan ? [jsonSink(write)] : []),
    ],
  });
  if (options.bundle !== undefined) return writeBundle(options.bundle, session, say);
  let restart: string | undefined;
  try {
    restart = await installFromHostFile(options, kernelArguments, session, say);
  } catch (error) {
    if (options.plan) throw error;
    const kept = await keepFailure(session, error);
    const what = { ...options, touched: session.touched, fleet: session.fleet !== undefined };
    const text = scrub(describeFailure(error, kept, what));
    if (options.unattended) tellConsoles(text);
    if (!seen) process.stderr.write(text);
    process.exitCode = exitCodeOf(error);
    await session.report?.finish({ ...endOf(session), error, step: session.step });
    // Stopped by a person: that is no failure of the machine.
    const isStopped = error instanceof KronosError && error.class === 'interrupted';
    if (session.fleet !== undefined && !isStopped) await restartWithFleet(session.fleet, say);
    return;
  }
  if (restart !== undefined) {
    say(`fleet: ${restart}`);
    return leave('reboot', say);
  }
  await session.report?.finish(endOf(session));
  if (options.unattended && !options.plan) await leave(options.after, say);
}

/** What is secret in an argument of the kernel: the password in the address of the host file, the token of a fleet. */
function secretsOfArgument(word: string): string[] {
  return [...passwordsIn(word.slice(word.indexOf('=') + 1)), ...fleetTokenIn(word)];
}

/** A failed host of a fleet is there to be looked at until somebody has it tried again. */
async function restartWithFleet(
  { server, token }: NonNullable<Session['fleet']>,
  say: (text: string) => void,
): Promise<void> {
  const { signal } = abortOnSignals();
  const message = await awaitRestart(server, token, { signal, tell: createTeller(say) });
  say(`fleet: ${message}`);
  await leave('reboot', say);
}

function endOf({ facts }: Session): RunEnd {
  return { plan: facts.plan === undefined ? undefined : digestPlan(facts.plan) };
}

async function writeBundle(
  file: string,
  session: Session,
  say: (text: string) => void,
): Promise<void> {
  const [image, inventory] = await Promise.allSettled([openImage(), probeMachine()]);
  const found = image.status === 'fulfilled' ? image.value : undefined;
  for (const part of [image, inventory])
    if (part.status === 'rejected') say(`left out: ${formatError(part.reason)}`);
  const facts = {
    ...{ version: found?.version, edition: found?.edition },
    inventory: inventory.status === 'fulfilled' ? inventory.value : undefined,
  };
  await writeSupport(file, await collectSupport(facts, { scrub: session.scrub }));
  say(`${file} is written; it has no secrets that Kronos knows of.`);
}

/** Gives why the machine has to be started again instead, where a fleet wants that. */
async function installFromHostFile(
  options: InstallerOptions,
  kernelArguments: readonly string[],
  session: Session,
  say: (text: string) => void,
): Promise<string | undefined> {
  const { scrub, facts } = session;
  const note = (text: string): void => {
    say(text);
    recordNote(session, text);
  };
  const { signal } = abortOnSignals();
  const image = await openImage();
  Object.assign(facts, { version: image.version, edition: image.edition });
  note(`Kronos ${image.version} (${image.edition}) installer`);
  const intact = options.plan
    ? Promise.resolve()
    : readEarlyDigests().then((known) => verifyLayers(image, known));
  // Whoever waits for it hears of it; until then nobody does.
  intact.catch(() => undefined);
  const inventory = (facts.inventory = await probeMachine());
  const machine = factsOf(inventory, bootCard(kernelArguments));
  const { version } = image;
  const newcomer = options.unattended && !options.plan ? { inventory, version } : undefined;
  const { found, attempts, restart }: FindResult = options.ask
    ? { attempts: [] }
    : await findHostFile({
        ...{ file: options.hostFile, kernelArguments, facts: machine, area: AREA, signal, note },
        newcomer,
      });
  for (const { place, skipped } of attempts)
    note(skipped === undefined ? `host file: ${place}` : `not taken: ${place}: ${skipped}`);
  if (restart !== undefined) return restart;
  if (wantsScreens(options)) {
    const how = await interact({ image, intact, inventory, found, options, scrub, signal });
    await leave(how, say);
    return;
  }
  if (found === undefined) {
    throw new KronosError('input/no-host-file', 'there is no host file for this machine', {
      hint: 'name one with --host-file, embed it with: kronos host embed, or put host.yaml on a stick labelled KRONOS',
    });
  }
  const secrets = secretsOptions({ scrub, directory: found.directory, signal, note });
  const reports = { facts: machine, version, secrets, scrub, note };
  if (found.fleet !== undefined)
    await reportToFleet(session, { text: found.text, server: found.fleet, subject: reports });
  const { hostFile, warnings } = await parseHostFile(found.text, found.name, {
    facts: machine,
    toolstack: image.toolstack,
    readInclude: found.directory === undefined ? undefined : includeBeside(found.name),
  });
  facts.hostFile = hostFile;
  scrub.learn(...secretsOf(hostFile));
  const fleet = found.fleet !== undefined;
  for (const text of formatFileWarnings(warnings, { fleet })) note(text);
  if (!options.plan) session.report ??= await startReport({ hostFile, ...reports });
  session.step = 'plan';
  const plan = planInstall(hostFile, inventory, image, options.reinstall ? 'reinstall' : 'install');
  facts.plan = plan;
  if (options.plan && options.json) {
    process.stdout.write(`${JSON.stringify({ digest: digestPlan(plan), plan }, undefined, 2)}\n`);
    return;
  }
  say(describePlan(plan));
  if (options.plan) return;
  const { directory } = found;
  const lock = options.unattended ? 'unattended' : await readTerminalName();
  await carryOut({ session, plan, image, intact, hostFile, secrets, signal, directory, lock });
  note(`Kronos is installed on ${plan.system.disks.map((disk) => disk.name).join(' and ')}.`);
}

/** The card that the firmware booted from, as PXELINUX and our own boot trees hand it on: BOOTIF=01-52-54-00-12-34-56. */
function bootCard(kernelArguments: readonly string[]): string | undefined {
  const word = kernelArguments.findLast((each) => each.startsWith('BOOTIF='));
  const [, mac] = /^BOOTIF=(?:01-)?((?:[0-9a-f]{2}[-:]){5}[0-9a-f]{2})$/i.exec(word ?? '') ?? [];
  return mac?.replaceAll('-', ':').toLowerCase();
}

async function leave(after: InstallerOptions['after'], say: (text: string) => void): Promise<void> {
  if (after === 'shell') return;
  say(after === 'reboot' ? 'Restarting.' : 'Switching off.');
  await run(['systemctl', after]);
}

process.stdout.on('error', () => undefined);
main(process.argv.slice(2)).catch((error: unknown) => {
  const text = `${formatError(error)}\n`;
  // Nobody sees what a service prints.
  if (process.argv.includes('--unattended')) tellConsoles(`\n${text}`);
  process.stderr.write(text);
  process.exitCode = exitCodeOf(error);
});
