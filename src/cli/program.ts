// The command line: which sub-commands there are, and how mistakes on it are told. A sub-command is loaded only when
// it is called, because loading all of them would be the longest part of a build that has nothing to do.
import { Command, CommanderError } from 'commander';
import { KronosError } from '../common/error.ts';
import { nearest } from '../common/nearest.ts';
import type { Runner } from './session.ts';

/** All help fits this many columns. */
const HELP_WIDTH = 80;

export interface SubCommand {
  name: string;
  summary: string;
  load: () => Promise<{ createCommand: (run: Runner) => Command }>;
}

/** In the order of the help. */
export const SUB_COMMANDS: readonly SubCommand[] = [
  {
    name: 'build',
    summary: 'make ISO, network boot tree and papers of an edition',
    load: () => import('./build.ts'),
  },
  {
    name: 'lock',
    summary: 'resolve the packages of an edition and write its lock',
    load: () => import('./lock.ts'),
  },
  {
    name: 'verify',
    summary: 'check a build against its manifest',
    load: () => import('./verify.ts'),
  },
  {
    name: 'try',
    summary: 'boot an image in a virtual machine',
    load: () => import('./try.ts'),
  },
  {
    name: 'diff',
    summary: 'show what differs between two builds',
    load: () => import('./diff.ts'),
  },
  {
    name: 'why',
    summary: 'say which recipe brought a path or a package',
    load: () => import('./why.ts'),
  },
  {
    name: 'host',
    summary: 'write, check and try host files',
    load: () => import('./host.ts'),
  },
  {
    name: 'fleet',
    summary: 'install a rack of machines over the network, from one file',
    load: () => import('./fleet.ts'),
  },
  {
    name: 'pool',
    summary: 'tell what keeps hosts out of a pool',
    load: () => import('./pool.ts'),
  },
  {
    name: 'fleet',
    summary: 'install a rack of machines over the network, from one file',
    load: () => import('./fleet.ts'),
  },
  {
    name: 'repo',
    summary: 'make signed repositories for apt and dnf',
    load: () => import('./repo.ts'),
  },
  {
    name: 'bundle',
    summary: 'carry a lock and its packages to where there is no network',
    load: () => import('./bundle.ts'),
  },
  {
    name: 'package',
    summary: 'make packages that turn a server into a Xen host',
    load: () => import('./package.ts'),
  },
  {
    name: 'recipes',
    summary: 'list editions and recipes',
    load: () => import('./recipes.ts'),
  },
  {
    name: 'doctor',
    summary: 'look whether this machine can build, and say what to do if not',
    load: () => import('./doctor.ts'),
  },
  {
    name: 'clean',
    summary: 'shrink the cache',
    load: () => import('./clean.ts'),
  },
];

/**
 * The whole command line, with every sub-command named and those in `load` defined.
 * Help and usage errors are thrown as CommanderError; see `usageError`.
 */
export async function createProgram(
  run: Runner,
  options: { version: string; load: readonly string[]; write?: (text: string) => void },
): Promise<Command> {
  const program = new Command('kronos')
    .description('Builds bootable, bit-identical Xen appliances from recipes.')
    .version(options.version, '-V, --version', 'print the version')
    // `kronos package deb --version 1.0` means the packages.
    .enablePositionalOptions()
    .usage('COMMAND [options]')
    .addHelpText(
      'after',
      '\nExample:\n  $ kronos build\n\nkronos COMMAND --help tells more about one of them.',
    );
  for (const sub of SUB_COMMANDS) {
    const command = options.load.includes(sub.name)
      ? (await sub.load()).createCommand(run)
      : new Command(sub.name);
    program.addCommand(command.summary(sub.summary));
  }
  prepare(program, options.write ?? ((text) => process.stdout.write(text)));
  return program;
}

/** Gives a command and all below it our ways: errors thrown, help of 80 columns and worded like the rest. */
function prepare(command: Command, write: (text: string) => void): void {
  command
    .exitOverride()
    .showSuggestionAfterError(false)
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureHelp({ helpWidth: HELP_WIDTH, showGlobalOptions: false })
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined,
      getOutHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
    });
  for (const inner of command.commands) prepare(inner, write);
}

/** True where commander only wants to say that help or the version was printed. */
export function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/** The name that commander quotes in its message. */
function quotedName(message: string): string {
  return /'([^']*)'/.exec(message)?.[1] ?? '';
}

/**
 * A mistake on the command line as one of our errors, with the nearest name that would have been right; anything
 * else is given back as it is.
 */
export function usageError(error: unknown, program: Command, argv: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error;
  const command = commandOf(program, argv);
  const called = commandPath(command);
  const name = quotedName(error.message);
  const help = `see ${called} --help`;
  const message = error.message.replace(/^error: /, '').replace(/\.$/, '');
  if (error.code === 'commander.unknownOption') {
    const flag = name.replace(/=.*$/, '');
    const known = command.options.flatMap(({ long }) => (long == null ? [] : [long]));
    return new KronosError('input/unknown-option', `${called} has no option ${flag}`, {
      hint: didYouMean(nearest(flag, [...known, '--help']), help),
    });
  }
  if (error.code === 'commander.unknownCommand' || (command === program && name !== '')) {
    const known = command.commands.map((inner) => inner.name());
    return new KronosError('input/unknown-command', `${called} has no command ${name}`, {
      hint: didYouMean(nearest(name, known), `${called} --help lists the commands`),
    });
  }
  if (error.code === 'commander.help') {
    return new KronosError('input/missing-argument', `${called} needs the name of a command`, {
      hint: `one of: ${command.commands.map((inner) => inner.name()).join(', ')}`,
    });
  }
  const code =
    error.code === 'commander.missingArgument' || error.code === 'commander.optionMissingArgument'
      ? 'input/missing-argument'
      : error.code === 'commander.excessArguments'
        ? 'input/too-many-arguments'
        : 'input/bad-option';
  return new KronosError(code, `${called}: ${message}`, { hint: help });
}

function didYouMean(name: string | undefined, otherwise: string): string {
  return name === undefined ? otherwise : `did you mean ${name}?`;
}

/** The innermost command that the arguments lead to. */
function commandOf(program: Command, argv: readonly string[]): Command {
  let command = program;
  for (const word of argv) {
    const inner = command.commands.find((candidate) => candidate.name() === word);
    if (inner === undefined) break;
    command = inner;
  }
  return command;
}

function commandPath(command: Command): string {
  return command.parent === null
    ? command.name()
    : `${commandPath(command.parent)} ${command.name()}`;
}
