// kronos bundle export and import
import { Command } from 'commander';
import { formatBytes } from '../common/format.ts';
import { observeStep } from '../common/progress.ts';
import { addCommonOptions, cacheDirectory, createSubCommand } from './options.ts';
import {
  addMirrorOptions,
  addSelectionOptions,
  selectionRequest,
  type MirrorOptions,
  type SelectionOptions,
} from './selection-options.ts';
import type { CommonOptions, Runner, Session, Outcome } from './session.ts';

interface ExportOptions extends CommonOptions, SelectionOptions, MirrorOptions {
  out?: string;
}

interface ImportOptions extends CommonOptions {
  cache?: string;
  lock?: string;
}

/** Defines `kronos bundle`. */
export function createCommand(run: Runner): Command {
  const exporting = createSubCommand(
    'export',
    'Writes the lock of an edition and all its packages into one file. With it, the edition can be built without any network, also when the mirrors have dropped its versions.',
    ['kronos bundle export', 'kronos bundle export debian-12 --out ./debian-12.bundle.tar'],
  );
  addMirrorOptions(addSelectionOptions(exporting)).option(
    '--out <FILE>',
    'the bundle (default EDITION-ARCH.bundle.tar)',
  );
  addCommonOptions(exporting).action((edition: string, options: ExportOptions) =>
    run(options, (session) => exportEdition(edition, options, session)),
  );
  const importing = createSubCommand(
    'import',
    'Puts the packages of a bundle into the cache, each checked against the lock inside.',
    [
      'kronos bundle import debian-13-amd64.bundle.tar',
      'kronos bundle import old.tar --lock ./old.lock.yaml',
    ],
  )
    .argument('<file>', 'what kronos bundle export wrote')
    .option('--lock <FILE>', 'write the lock there, for kronos build --lock FILE')
    .option('--cache <DIR>', 'the cache (default ~/.cache/kronos)');
  addCommonOptions(importing).action((file: string, options: ImportOptions) =>
    run(options, (session) => importFile(file, options, session)),
  );
  return new Command('bundle')
    .description('Carries a lock and its packages to where there is no network.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ kronos bundle export\n  $ kronos bundle import debian-13-amd64.bundle.tar',
    )
    .addCommand(exporting.summary('write the lock and the packages of an edition to a file'))
    .addCommand(importing.summary('put the packages of a file into the cache'));
}

async function exportEdition(
  edition: string,
  options: ExportOptions,
  session: Session,
): Promise<Outcome> {
  const { openSelection } = await import('../builder/request.ts');
  const { readLock } = await import('../builder/lock/read.ts');
  const { fetchBlobs } = await import('../builder/store/fetch.ts');
  const { exportBundle } = await import('../builder/store/bundle.ts');
  const { selection, lockFile } = await openSelection(selectionRequest(edition, options));
  const { name, architecture } = selection.edition;
  const cache = cacheDirectory(options.cache);
  const target = options.out ?? `${name}-${architecture}.bundle.tar`;
  const result = await session.show(
    { title: `Bundling ${name} for ${architecture}` },
    async (observer) => {
      const lock = await readLock(lockFile);
      await observeStep(observer, 'fetch', 'Fetch packages', (progress) =>
        fetchBlobs(
          lock,
          {
            cache,
            edition: selection.edition,
            mirror: options.mirror,
            securityMirror: options.securityMirror,
            keyring: options.keyring,
          },
          progress,
          session.signal,
        ),
      );
      return observeStep(observer, 'bundle', 'Write the bundle', (progress) =>
        exportBundle({ lock: lockFile, target, cache }, progress, session.signal),
      );
    },
  );
  return {
    json: result,
    text: `${result.file}: ${result.blobs} packages, ${formatBytes(result.bytes)}`,
  };
}

async function importFile(
  file: string,
  options: ImportOptions,
  session: Session,
): Promise<Outcome> {
  const { importBundle } = await import('../builder/store/bundle.ts');
  const result = await session.show({ title: `Importing ${file}` }, (observer) =>
    observeStep(observer, 'import', 'Read the bundle', (progress) =>
      importBundle(
        { bundle: file, cache: cacheDirectory(options.cache), lock: options.lock },
        progress,
        session.signal,
      ),
    ),
  );
  const { edition, architecture } = result.lock;
  return {
    json: { edition, architecture, blobs: result.blobs, present: result.present },
    text: `${edition} for ${architecture}: ${result.blobs} packages, ${result.present} of them were there`,
  };
}
