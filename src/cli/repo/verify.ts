// kronos repo verify
import type { Command } from 'commander';
import { formatError } from '../../common/error.ts';
import { observeStep } from '../../common/progress.ts';
import { addCommonOptions, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner, Session } from '../session.ts';

interface VerifyOptions extends CommonOptions {
  keyring: string;
}

/** Defines `kronos repo verify`. */
export function createVerify(run: Runner): Command {
  const command = createSubCommand(
    'verify',
    'Checks a repository as its readers would: signatures, every index, every package, and the signature of every RPM package.',
    ['kronos repo verify ./repo --keyring kronos-archive-keyring.asc'],
  )
    .argument('<dir>', 'the directory of the repository')
    .requiredOption(
      '--keyring <FILE>',
      'the OpenPGP keys that may have signed it; not the file that lies in it',
    );
  return addCommonOptions(command).action((directory: string, options: VerifyOptions) =>
    run(options, (session) => verify(directory, options, session)),
  );
}

async function verify(
  directory: string,
  options: VerifyOptions,
  session: Session,
): Promise<Outcome> {
  const { findArchives, verifyRepository } = await import('../../builder/repository/verify.ts');
  const { checkingPrograms } = await import('../../builder/repository/programs.ts');
  const { repositoryError } = await import('../../builder/repository/problems.ts');
  const { ensureHost } = await import('../../builder/ensure-host.ts');
  const kinds = await findArchives(directory);
  const report = await session.show({ title: `Verifying ${directory}` }, async (observer) => {
    const { signal } = session;
    await ensureHost({ observer, signal, programs: checkingPrograms(kinds) });
    return observeStep(observer, 'verify', 'Check signatures and packages', () =>
      verifyRepository(directory, options.keyring, signal),
    );
  });
  const failure = repositoryError(report.problems);
  const lines = report.suites.map(
    ({ kind, suite, packages, key }) =>
      `${kind} suite ${suite}: ${packages} packages, signed with ${key}`,
  );
  return {
    json: { ok: failure === undefined, ...report },
    text: [...lines, failure === undefined ? 'all is well' : `\n${formatError(failure)}`].join(
      '\n',
    ),
    exitCode: failure?.exitCode ?? 0,
  };
}
