// kronos build
import { basename, relative } from 'node:path';
import { Option, type Command } from 'commander';
import { formatBytes, formatSeconds } from '../common/format.ts';
import type { BuildResult } from '../builder/build.ts';
import { repeatArguments } from './repeat.ts';
import { addCommonOptions, cacheDirectory, createSubCommand, parseLevel } from './options.ts';
import {
  addMirrorOptions,
  addSelectionOptions,
  selectionRequest,
  type MirrorOptions,
  type SelectionOptions,
} from './selection-options.ts';
import type { CommonOptions, Outcome, Runner, Session } from './session.ts';

interface BuildOptions extends CommonOptions, SelectionOptions, MirrorOptions {
  out: string;
  release?: boolean;
  level?: number;
  disk?: boolean;
  sign?: string;
  explain?: boolean;
  offline?: boolean;
  verify?: boolean;
  verifyUser?: string;
}

/** Defines `kronos build`. */
export function createCommand(run: Runner): Command {
  const command = createSubCommand(
    'build',
    'Builds an edition from its lock: ISO, network boot tree, manifest, SBOM and checksums. What did not change since the last build is taken from the cache.',
    [
      'kronos build',
      'kronos build debian-12 --release --sign releases@example.org',
      'kronos build --recipes ./my-recipes --with firmware --explain',
    ],
  );
  addMirrorOptions(addSelectionOptions(command))
    .option('--out <DIR>', 'where the result goes, in EDITION-ARCH', 'out')
    .option('--release', 'smallest medium instead of the fastest build')
    .addOption(
      new Option('--level <N>', 'level of the default compressor')
        .argParser(parseLevel)
        .conflicts('release'),
    )
    .option('--disk', 'also a raw disk image')
    .option('--sign <KEY>', 'sign SHA256SUMS with this OpenPGP key of your keyring')
    .option('--explain', 'say why each step ran or was reused')
    .option('--verify', 'build twice from nothing under different circumstances and compare')
    .option('--verify-user <NAME>', 'ordinary user for the second build, when run as root')
    .option('--offline', 'touch neither apt nor the network');
  return addCommonOptions(command).action((edition: string, options: BuildOptions) =>
    run(options, (session) => build(edition, options, session)),
  );
}

async function build(edition: string, options: BuildOptions, session: Session): Promise<Outcome> {
  if (options.verify === true) return verify(edition, options, session);
  const { buildRelease } = await import('../builder/build.ts');
  const display = { title: `Building ${edition}`, explain: options.explain === true };
  const result = await session.show(display, (observer) =>
    buildRelease({
      ...selectionRequest(edition, options),
      mirror: options.mirror,
      securityMirror: options.securityMirror,
      keyring: options.keyring,
      cache: cacheDirectory(options.cache),
      out: options.out,
      release: options.release,
      level: options.level,
      disk: options.disk,
      signKey: options.sign,
      offline: options.offline,
      observer,
      signal: session.signal,
    }),
  );
  return { json: toJson(result), text: describe(result) };
}

async function verify(edition: string, options: BuildOptions, session: Session): Promise<Outcome> {
  const { verifyBuild } = await import('../builder/verify-build.ts');
  const result = await session.show({ title: `Verifying ${edition}` }, (observer) =>
    verifyBuild({
      arguments: repeatArguments(edition, options),
      cache: cacheDirectory(options.cache),
      user: options.verifyUser,
      observer,
      signal: session.signal,
    }),
  );
  const builds = result.builds.map(
    ({ user, umask, timeZone, locale, processors, clock }) =>
      `  as ${user}, umask ${umask}, TZ ${timeZone}, locale ${locale}, ${processors} CPU, clock +${clock} days`,
  );
  const files = result.files.map(({ path, sha256 }) => `${sha256}  ${path}`);
  const text = ['', ...files, '', `${files.length} files, the same in both builds:`, ...builds];
  return { json: result, text: text.join('\n') };
}

function toJson({ directory, iso, manifest, steps, seconds }: BuildResult): unknown {
  const { name, edition, architecture, toolstack, artefacts } = manifest;
  return {
    ...{ name, edition, architecture, toolstack, directory, iso, seconds, artefacts },
    steps: steps.map((step) => ({
      name: step.name,
      key: step.key,
      reused: step.reused,
      reason: step.reason,
      seconds: step.seconds,
    })),
  };
}

function describe({ iso, manifest, seconds }: BuildResult): string {
  const size = manifest.artefacts.find((artefact) => artefact.path === basename(iso))?.size ?? 0;
  const near = relative('', iso);
  const path = near.startsWith('..') ? iso : near;
  const { name, reason } = manifest.toolstack;
  return [
    '',
    `${path}  ${formatBytes(size)}, ${formatSeconds(seconds)}`,
    `toolstack ${name}: ${reason}`,
    `boot it:  kronos try ${path}`,
  ].join('\n');
}
