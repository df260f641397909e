// kronos fleet rehearse
import { InvalidArgumentError, Option, type Command } from 'commander';
import { EXIT_CODES, KronosError } from '../../common/error.ts';
import { formatSeconds } from '../../common/format.ts';
import { parseSize } from '../../common/parse-size.ts';
import { observeStep } from '../../common/progress.ts';
import type { FleetStatus } from '../../fleet/desk.ts';
import { addCommonOptions, createSubCommand, parseCount } from '../options.ts';
import type { CommonOptions, Outcome, Runner, Session } from '../session.ts';

interface RehearseOptions extends CommonOptions {
  hosts?: number;
  failures: number;
  link: string;
  imageSize: string;
  speed?: number;
  seed: number;
}

/** Hosts of a fleet that is made up: a pool as large as they get. */
const HOSTS = 64;

/** Defines `kronos fleet rehearse`. */
export function createRehearse(run: Runner): Command {
  const command = createSubCommand(
    'rehearse',
    'Plays a whole rollout with simulated machines against the real server, on this machine and only there. Says how long it will take, what hosts wait for, what fails, and what the server needs for it. Machines, failures and times follow from the seed. Ends with 6 where a rule of the rollout was broken.',
    ['kronos fleet rehearse rack.yaml', 'kronos fleet rehearse --hosts 1000 --failures 5'],
  )
    .argument('[fleetfile]', 'a fleet file; without it one is made up')
    .option('--hosts <N>', `hosts of the fleet that is made up (default ${HOSTS})`, parseCount)
    .addOption(
      new Option('--failures <PERCENT>', 'installations that something befalls')
        .argParser(parsePercent)
        .default(2),
    )
    .option('--link <BITS>', "speed of the server's link in bits a second", '10G')
    .option('--image-size <SIZE>', 'what each machine fetches besides kernel and initrd', '300M')
    .addOption(
      new Option(
        '--speed <X>',
        'simulated seconds in a second at the most (default: as fast as it goes)',
      ).argParser(parseCount),
    )
    .addOption(
      new Option('--seed <N>', 'another one, another rollout').argParser(parseCount).default(1),
    );
  return addCommonOptions(command).action((file: string | undefined, options: RehearseOptions) =>
    run(options, (session) => rehearse(file, options, session)),
  );
}

async function rehearse(
  file: string | undefined,
  options: RehearseOptions,
  session: Session,
): Promise<Outcome> {
  if (file !== undefined && options.hosts !== undefined) {
    throw new KronosError('input/bad-option', '--hosts is for a fleet that is made up', {
      hint: `leave it out: ${file} says which hosts there are`,
    });
  }
  const { rehearseFleet } = await import('../../fleet/rehearse/run.ts');
  const { describeRehearsal, summarizeRehearsal } =
    await import('../../fleet/rehearse/describe.ts');
  const { DEFAULT_SETTINGS } = await import('../../fleet/rehearse/settings.ts');
  const settings = {
    ...DEFAULT_SETTINGS,
    ...{ seed: options.seed, failures: options.failures / 100 },
    link: parseSize(options.link, '--link') / 8,
    imageSize: parseSize(options.imageSize, '--image-size'),
    ...(options.speed === undefined ? {} : { speed: options.speed }),
  };
  const { fleet, rehearsal } = await session.show({ title: 'Rehearsing' }, (observer) =>
    observeStep(observer, 'rollout', 'Rollout', (progress) =>
      rehearseFleet({
        ...{ settings, signal: session.signal },
        fleet: file === undefined ? { hosts: options.hosts ?? HOSTS } : { file },
        onStatus: (status, seconds) => {
          progress.note(describeProgress(status, seconds));
        },
      }),
    ),
  );
  return {
    json: summarizeRehearsal(fleet, rehearsal),
    text: describeRehearsal(fleet, rehearsal),
    ...(rehearsal.breaches.length === 0 ? {} : { exitCode: EXIT_CODES.verification }),
  };
}

function describeProgress({ counts, hosts }: FleetStatus, seconds: number): string {
  const under = counts.armed + counts.installing + counts['first-boot'] + counts.joined;
  return `${formatSeconds(seconds)}: ${counts.ready} of ${hosts.length} ready, ${under} under way, ${counts.failed} failed`;
}

/** From 0 to 100. */
function parsePercent(text: string): number {
  const value = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || value > 100)
    throw new InvalidArgumentError('It must be from 0 to 100.');
  return value;
}
