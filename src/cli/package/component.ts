// kronos package component
import type { Command } from 'commander';
import {
  addCommonOptions,
  cacheDirectory,
  collect,
  createSubCommand,
  parseCount,
} from '../options.ts';
import type { CommonOptions, Outcome, Runner, Session } from '../session.ts';

interface ComponentOptions extends CommonOptions {
  from: string[];
  recipe: string;
  suite: string;
  out: string;
  arch: string;
  recipes?: string[];
  only?: string[];
  version?: string;
  epoch?: number;
  keyring?: string;
  mirror?: string;
  securityMirror?: string;
  archiveKeyring?: string;
  cache?: string;
}

/** Defines the command that makes packages of a file tree or of .rpm files. */
export function createComponentCommand(run: Runner): Command {
  const command = createSubCommand(
    'component',
    'Makes .deb packages of a file tree (make install DESTDIR=...) or of .rpm files, by the lists in a recipe. Libraries are looked for in the suite, and what is missing is named before anything is built. The directory serves as --origin RECIPE=dir:DIR.',
    ['kronos package component --from rpms --recipe xapi --suite trixie --out deb'],
  )
    .requiredOption(
      '--from <SOURCE>',
      'a file tree, an .rpm file or a directory of them (repeatable)',
      collect,
    )
    .requiredOption('--recipe <NAME>', 'the recipe with the lists, under its key "split"')
    .requiredOption('--suite <NAME>', 'the Debian suite that the packages are for')
    .requiredOption('--out <DIR>', 'where the packages go')
    .option('--version <VERSION>', 'version of the packages (default that of the .rpm files)')
    .option('--only <PACKAGE>', 'only this package of the lists (repeatable)', collect)
    .option(
      '--epoch <SECONDS>',
      'date of all files, since 1970 (default that of the newest)',
      parseCount,
    )
    .option('--keyring <FILE>', 'keys, one of which must have signed each .rpm file')
    .option('--arch <NAME>', 'Debian architecture', 'amd64')
    .option('--recipes <DIR>', 'recipes of your own, which win over ours (repeatable)', collect)
    .option('--mirror <URL>', "mirror of the distribution (default from apt's configuration)")
    .option('--security-mirror <URL>', 'mirror of its security archive')
    .option('--archive-keyring <FILE>', "keys of the distribution's archive")
    .option('--cache <DIR>', 'packages kept for next time (default ~/.cache/kronos)');
  return addCommonOptions(command).action((options: ComponentOptions) =>
    run(options, (session) => component(options, session)),
  );
}

async function component(options: ComponentOptions, session: Session): Promise<Outcome> {
  const { buildComponent } = await import('../../builder/component/component.ts');
  const { formatReport } = await import('../../builder/component/report.ts');
  const { arch: architecture, recipe, suite } = options;
  const title = `Making packages of ${recipe} for ${suite}`;
  const report = await session.show({ title }, (observer) =>
    buildComponent({
      ...options,
      architecture,
      cache: cacheDirectory(options.cache),
      observer,
      signal: session.signal,
    }),
  );
  return { json: report, text: formatReport(report) };
}
