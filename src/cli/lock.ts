// kronos lock
import type { Command } from 'commander';
import { observeStep } from '../common/progress.ts';
import { formatTable } from '../common/format.ts';
import { addCommonOptions, cacheDirectory, createSubCommand } from './options.ts';
import {
  addMirrorOptions,
  addSelectionOptions,
  selectionRequest,
  type MirrorOptions,
  type SelectionOptions,
} from './selection-options.ts';
import type { CommonOptions, Outcome, Runner, Session } from './session.ts';

interface LockOptions extends CommonOptions, SelectionOptions, MirrorOptions {
  update?: string[] | true;
  check?: boolean;
  dryRun?: boolean;
}

/** Defines `kronos lock`. */
export function createCommand(run: Runner): Command {
  const command = createSubCommand(
    'lock',
    'Resolves the packages of an edition and writes its lock: name, version, size, sha256 and origin of each. Builds use the lock and nothing else.',
    ['kronos lock', 'kronos lock debian-12 --update openssl', 'kronos lock --check'],
  );
  addMirrorOptions(addSelectionOptions(command))
    .option('--update [NAME...]', 'let only these packages move (all without a name)')
    .option(
      '--check',
      'write nothing, list what is newer; exit code 1 if a security update is missing',
    )
    .option('--dry-run', 'show what would change, write nothing');
  return addCommonOptions(command).action((edition: string, options: LockOptions) =>
    run(options, (session) => (options.check === true ? check : lock)(edition, options, session)),
  );
}

async function open(edition: string, options: LockOptions, session: Session) {
  const { openSelection } = await import('../builder/request.ts');
  const { ensureHost } = await import('../builder/ensure-host.ts');
  const { selection, lockFile } = await openSelection(selectionRequest(edition, options));
  return {
    selection,
    ensureHost,
    common: {
      selection,
      file: lockFile,
      cache: cacheDirectory(options.cache),
      mirror: options.mirror,
      securityMirror: options.securityMirror,
      keyring: options.keyring,
      signal: session.signal,
    },
  };
}

async function lock(edition: string, options: LockOptions, session: Session): Promise<Outcome> {
  const { selection, common, ensureHost } = await open(edition, options, session);
  const { lockEdition } = await import('../builder/lock/edition.ts');
  const { formatChange } = await import('../builder/lock/diff.ts');
  const { name, architecture } = selection.edition;
  const result = await session.show(
    { title: `Locking ${name} for ${architecture}` },
    async (observer) => {
      await ensureHost({ observer, signal: session.signal });
      return observeStep(observer, 'lock', 'Resolve packages', (progress) =>
        lockEdition(
          {
            ...common,
            update: Array.isArray(options.update) ? options.update : undefined,
            dryRun: options.dryRun,
          },
          progress,
          session.signal,
        ),
      );
    },
  );
  const { file, changes, written } = result;
  const packages = result.lock.packages.length;
  const end = written
    ? `${file}: ${packages} packages`
    : `${file}: nothing written, ${packages} packages`;
  return {
    json: { file, written, packages, changes },
    text: [...changes.map(formatChange), end].join('\n'),
  };
}

async function check(edition: string, options: LockOptions, session: Session): Promise<Outcome> {
  const { selection, common, ensureHost } = await open(edition, options, session);
  const { checkLock } = await import('../builder/lock/edition.ts');
  const title = `Checking the lock of ${selection.edition.name}`;
  const newer = await session.show({ title }, async (observer) => {
    await ensureHost({ observer, signal: session.signal });
    return observeStep(observer, 'check', 'Compare with the origins', (progress) =>
      checkLock(common, progress, session.signal),
    );
  });
  const security = newer.some((item) => item.security);
  const rows = newer.map((item) => [
    item.security ? 'security' : 'newer',
    item.name,
    item.locked,
    '->',
    item.newest,
  ]);
  return {
    json: { file: common.file, newer },
    text: newer.length === 0 ? 'Nothing is newer than the lock.' : formatTable(rows),
    exitCode: security ? 1 : 0,
  };
}
