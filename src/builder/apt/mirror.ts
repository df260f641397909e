// Which mirror this machine uses, asked of its own apt; nothing is built in.
import { KronosError } from '../../common/error.ts';
import { exists, readTextOrUndefined } from '../../common/files.ts';
import { FIXED_ENVIRONMENT, run } from '../../common/process.ts';
import { normalizeUri, type Mirror } from './sources.ts';

export interface MirrorOptions {
  /** `--mirror`: the distribution's main archive. */
  mirror?: string | undefined;
  /** `--security-mirror`; without it the sibling of `mirror` whose name ends in `-security`. */
  securityMirror?: string | undefined;
  /** `--keyring`: file of the distribution's archive keys. */
  keyring?: string | undefined;
}

/** Where Debian and its derivatives keep the keys of Debian's archive. */
const KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
  '/etc/apt/trusted.gpg.d/debian-archive-keyring.gpg',
];

/** The archives that `apt-get update --print-uris` names: base address and suite of each InRelease. */
export function parseUpdateUris(output: string): { uri: string; suite: string }[] {
  const found: { uri: string; suite: string }[] = [];
  for (const match of output.matchAll(/^'([^']+)\/dists\/([^']+)\/InRelease'/gm)) {
    if (match[1] !== undefined && match[2] !== undefined) {
      found.push({ uri: normalizeUri(match[1]), suite: match[2] });
    }
  }
  return found;
}

/** Main and security base addresses for a release's code name, from what the machine's apt reads. */
export function chooseMirror(
  archives: readonly { uri: string; suite: string }[],
  codename: string,
): { main?: string | undefined; security?: string | undefined } {
  const first = (...suites: string[]) =>
    archives.find((archive) => suites.includes(archive.suite))?.uri;
  return {
    main: first(codename) ?? first(`${codename}-updates`),
    security: first(`${codename}-security`, `${codename}/updates`),
  };
}

function valueOf(osRelease: string, key: string): string | undefined {
  return new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1];
}

/** Finds the archive keys. Errors: `dependency/keyring-missing`. */
async function findKeyring(given: string | undefined): Promise<string> {
  for (const path of given === undefined ? KEYRINGS : [given]) if (await exists(path)) return path;
  throw new KronosError(
    given === undefined ? 'dependency/keyring-missing' : 'input/file-missing',
    given === undefined
      ? "the distribution's archive keys are not on this machine"
      : `the key file ${given} does not exist`,
    { hint: 'install the package debian-archive-keyring, or name a key file with --keyring FILE' },
  );
}

/**
 * The distribution's mirror for this run: what the options say, else what the machine's own apt uses.
 * Errors: `input/no-mirror` when neither says one, `dependency/keyring-missing`, `dependency/tool-missing`.
 */
export async function findMirror(options: MirrorOptions = {}): Promise<Mirror> {
  const keyring = await findKeyring(options.keyring);
  if (options.mirror !== undefined) {
    const main = normalizeUri(options.mirror);
    return { main, security: normalizeUri(options.securityMirror ?? `${main}-security`), keyring };
  }
  const osRelease = (await readTextOrUndefined('/etc/os-release')) ?? '';
  const codename = valueOf(osRelease, 'VERSION_CODENAME');
  const { stdout } = await run(['apt-get', 'update', '--print-uris'], {
    environment: FIXED_ENVIRONMENT,
    extendEnvironment: true,
  });
  const archives = parseUpdateUris(stdout);
  const isDebian = valueOf(osRelease, 'ID') === 'debian';
  const found = !isDebian ? {} : chooseMirror(archives, codename ?? 'sid');
  if (found.main === undefined) {
    throw new KronosError(
      'input/no-mirror',
      "this machine's apt configuration names no Debian mirror",
      {
        hint: 'name one with --mirror URL',
      },
    );
  }
  const security = options.securityMirror ?? found.security ?? `${found.main}-security`;
  return { main: found.main, security: normalizeUri(security), keyring };
}
