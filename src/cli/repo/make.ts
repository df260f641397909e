// kronos repo make
import { InvalidArgumentError, Option, type Command } from 'commander';
import { KronosError } from '../../common/error.ts';
import { observeStep } from '../../common/progress.ts';
import type { MadeRepository } from '../../builder/repository/make.ts';
import type { MadeSuite } from '../../builder/repository/making.ts';
import { addCommonOptions, collect, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner, Session } from '../session.ts';

interface MakeOptions extends CommonOptions {
  key: string;
  suite?: string[];
  origin?: string;
  label?: string;
  url: string;
}

/** Where `kronos repo serve` serves it. */
const TRY_URL = 'http://127.0.0.1:8080';

const USUAL_SUITE = 'stable';

/** Defines `kronos repo make`. */
export function createMake(run: Runner): Command {
  const command = createSubCommand(
    'make',
    'Puts .deb and .rpm files into a directory as a signed apt repository and a signed yum repository, and prints the lines that make a machine use it. A repository that is there keeps its packages; a package that it has with other content is refused. The same packages give the same bits.',
    [
      'kronos repo make ./repo --key releases@xen.example ./packages',
      'kronos repo make ./repo --key KEY --suite trixie ./new/xcp-xl_1.1_all.deb',
      'kronos repo make ./repo --key KEY --url https://xen.example/kronos',
    ],
  )
    .argument('<dir>', 'the directory of the repository')
    .argument('[packages...]', 'packages, and directories with packages in or below them')
    .requiredOption('--key <KEY>', 'the key of your gpg keyring that signs; its fingerprint')
    .addOption(
      new Option(
        '--suite <NAME>',
        `the suite that they are put into (repeatable; default ${USUAL_SUITE})`,
      ).argParser((value, previous: string[] | undefined) =>
        collect(parseSuite(value), previous ?? []),
      ),
    )
    .addOption(
      new Option('--origin <NAME>', 'who makes it, for pins of apt (default Kronos)').argParser(
        parseName,
      ),
    )
    .addOption(new Option('--label <NAME>', 'what it is (default Kronos)').argParser(parseName))
    .option('--url <URL>', 'where it will be served, for the printed lines', TRY_URL);
  return addCommonOptions(command).action(
    (directory: string, packages: string[], options: MakeOptions) =>
      run(options, (session) => make(directory, packages, options, session)),
  );
}

/** A name that is one directory, and one word in a list of sources. */
function parseSuite(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(text))
    throw new InvalidArgumentError('It must be one word of letters, digits and . _ + -');
  return text;
}

/** Words that need no quoting in any of the files that they get into. */
function parseName(text: string): string {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9 ._+-]*[A-Za-z0-9])?$/.test(text))
    throw new InvalidArgumentError('It must be words of letters, digits and . _ + -');
  return text;
}

/** The date that a build was given (reproducible-builds.org), in seconds since 1970. */
function sourceDate(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,12}$/.test(text)) {
    throw new KronosError(
      'input/bad-option',
      `SOURCE_DATE_EPOCH is ${JSON.stringify(text)}, which is no time`,
      { hint: 'it counts seconds since 1970: date +%s' },
    );
  }
  return Number(text);
}

async function make(
  directory: string,
  packages: readonly string[],
  options: MakeOptions,
  session: Session,
): Promise<Outcome> {
  const { findPackageFiles } = await import('../../builder/repository/inputs.ts');
  const { makingPrograms } = await import('../../builder/repository/programs.ts');
  const { findArchives } = await import('../../builder/repository/verify.ts');
  const { makeRepository } = await import('../../builder/repository/make.ts');
  const { formatLines } = await import('../../builder/repository/lines.ts');
  const { ensureHost } = await import('../../builder/ensure-host.ts');
  const epoch = sourceDate(process.env['SOURCE_DATE_EPOCH']);
  const files = await findPackageFiles(packages);
  if (packages.length === 0 && options.suite !== undefined) {
    throw new KronosError(
      'input/missing-argument',
      `there are no packages to put into ${options.suite.join(' and ')}`,
      { hint: 'name packages or directories of them, or leave --suite out' },
    );
  }
  const kinds =
    packages.length === 0
      ? await findArchives(directory)
      : { apt: files.debs.length > 0, yum: files.rpms.length > 0 };
  const made = await session.show({ title: `Making ${directory}` }, async (observer) => {
    await ensureHost({ observer, signal: session.signal, programs: makingPrograms(kinds) });
    return observeStep(observer, 'repository', 'Make the repository', (progress) =>
      makeRepository(
        {
          directory,
          files,
          key: options.key,
          suites: options.suite ?? [USUAL_SUITE],
          origin: options.origin,
          label: options.label,
          epoch,
        },
        progress,
        session.signal,
      ),
    );
  });
  const { all, label, key, keyring } = made;
  const lines = formatLines({ url: options.url, label, suites: all, fingerprint: key, keyring });
  return { json: { ...made, lines }, text: `${formatMade(made)}\n\n${lines}` };
}

function formatMade({ directory, key, suites, written }: MadeRepository): string {
  return [
    `${directory}: ${written.length === 0 ? 'nothing had to be changed' : `${written.length} files written`}`,
    ...suites.flatMap(formatSuite),
    `signed with ${key}`,
  ].join('\n');
}

function formatSuite({ kind, suite, added, present, kept }: MadeSuite): string[] {
  const counts = [
    `${added.length} added`,
    ...(present.length > 0 ? [`${present.length} there already`] : []),
    ...(kept.length > 0 ? [`${kept.length} kept`] : []),
  ];
  return [`${kind} suite ${suite}: ${counts.join(', ')}`, ...added.map((title) => `  + ${title}`)];
}
