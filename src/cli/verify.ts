// kronos verify
import type { Command } from 'commander';
import { formatError } from '../common/error.ts';
import { observeStep } from '../common/progress.ts';
import { addCommonOptions, cacheDirectory, createSubCommand, DEFAULT_OUTPUT } from './options.ts';
import type { CommonOptions, Outcome, Runner, Session } from './session.ts';

interface VerifyOptions extends CommonOptions {
  keyring?: string;
  requireSignature?: boolean;
  cache?: string;
  mirror?: string;
}

/** Defines `kronos verify`. */
export function createCommand(run: Runner): Command {
  const command = createSubCommand(
    'verify',
    'Checks a build from the outside in: signature, checksums, the bytes of the ISO, the files on it, every path of every layer, packages and SBOM. A host file that was filled in counts as whole.',
    ['kronos verify', 'kronos verify kronos.iso --keyring publisher.asc --require-signature'],
  )
    .argument(
      '[release]',
      'an ISO, its manifest, or a directory that kronos build made',
      DEFAULT_OUTPUT,
    )
    .option('--keyring <FILE>', 'OpenPGP keys that may have signed it (default your own keyring)')
    .option('--require-signature', 'fail where there is no good signature')
    .option('--cache <DIR>', 'where the tools are kept (default ~/.cache/kronos)')
    .option('--mirror <URL>', 'mirror to fetch the tools from, should they be missing');
  return addCommonOptions(command).action((release: string, options: VerifyOptions) =>
    run(options, (session) => verify(release, options, session)),
  );
}

async function verify(path: string, options: VerifyOptions, session: Session): Promise<Outcome> {
  const { openRelease } = await import('../builder/manifest/release.ts');
  const { formatVerifyReport, verifyError, verifyRelease } =
    await import('../builder/manifest/verify.ts');
  const { ensureTools } = await import('../builder/build.ts');
  const { formatHostArea } = await import('../host/area.ts');
  const { manifest } = await openRelease(path);
  const report = await session.show({ title: `Verifying ${manifest.name}` }, async (observer) => {
    const toolsRoot = await ensureTools({
      edition: manifest.edition,
      cache: cacheDirectory(options.cache),
      mirror: options.mirror,
      observer,
      signal: session.signal,
    });
    return observeStep(observer, 'verify', 'Check files and contents', (progress) =>
      verifyRelease({
        path,
        toolsRoot,
        pristine: () => formatHostArea(),
        keyring: options.keyring,
        requireSignature: options.requireSignature === true,
        progress,
        signal: session.signal,
      }),
    );
  });
  const failure = verifyError(report);
  const text = formatVerifyReport(report);
  return {
    json: { ok: failure === undefined, ...report },
    text: failure === undefined ? text : `${text}\n\n${formatError(failure)}`,
    exitCode: failure?.exitCode ?? 0,
  };
}
