// The package sources that one resolution reads: where they are, what signs them, how apt is told.
import { KronosError } from '../../common/error.ts';

/** One line of a sources.list. */
export interface AptSource {
  /** Key into the lock's origins; several suites of one archive share a name. */
  name: string;
  /** Base address, without trailing slash. */
  uri: string;
  suite: string;
  /** Empty for a flat directory, where `suite` is `./`. */
  components: readonly string[];
  /** Path of the key file (armored or binary) that must have signed the index; none only for local files. */
  keyring?: string | undefined;
  /** Local files that need no signature because nobody else could have changed them. */
  trusted?: boolean | undefined;
  /** Read source packages instead of binary ones. */
  deb?: 'deb' | 'deb-src';
}

/** Names of the distribution's two archives in a lock. */
export const MAIN_ARCHIVE = 'debian';
export const SECURITY_ARCHIVE = 'debian-security';

/** Suites that are no release: nothing beside them, no security archive. */
const ROLLING = new Set(['sid', 'unstable', 'experimental']);

/** Where the distribution's archives are for this run; never written into a lock. */
export interface Mirror {
  main: string;
  security: string;
  keyring: string;
}

/** One suite of the distribution, in whichever archive it is. */
export function suiteSource(
  mirror: Mirror,
  suite: string,
  components: readonly string[],
): AptSource {
  const { keyring } = mirror;
  return suite.endsWith('-security')
    ? { name: SECURITY_ARCHIVE, uri: mirror.security, suite, components, keyring }
    : { name: MAIN_ARCHIVE, uri: mirror.main, suite, components, keyring };
}

/** The distribution's sources for a suite: the suite, its updates, its security updates. */
export function distributionSources(
  mirror: Mirror,
  suite: string,
  components: readonly string[],
): AptSource[] {
  const suites = ROLLING.has(suite) ? [suite] : [suite, `${suite}-updates`, `${suite}-security`];
  return suites.map((one) => suiteSource(mirror, one, components));
}

/** The text of the sources.list; `keys` gives the path under which apt finds each key file. */
export function formatSources(
  sources: readonly AptSource[],
  architecture: string,
  keys: ReadonlyMap<string, string>,
): string {
  return sources
    .map((source) => {
      for (const word of [source.uri, source.suite, ...source.components]) {
        if (/[\s[\]]/.test(word) || word === '') {
          throw new KronosError(
            'input/bad-source',
            `the package source ${source.name} has white space or brackets in ${JSON.stringify(word)}`,
            { hint: 'write white space in a URL as %20' },
          );
        }
      }
      const key = source.keyring === undefined ? undefined : keys.get(source.keyring);
      const options = [`arch=${architecture}`];
      if (source.trusted === true) options.push('trusted=yes');
      else if (key !== undefined) options.push(`signed-by=${key}`);
      const words = [
        source.deb ?? 'deb',
        `[${options.join(' ')}]`,
        source.uri,
        source.suite,
        ...source.components,
      ];
      return `${words.join(' ')}\n`;
    })
    .join('');
}

/** Removes trailing slashes, so that base + `/` + path is right. */
export function normalizeUri(uri: string): string {
  return uri.replace(/\/+$/, '');
}

/** One spelling for comparing: `%2b` and `+` are the same character to an archive, `file:/` and `file:///` one place. */
export function canonicalUri(uri: string): string {
  const plain = uri.replace(/^file:\/+/, 'file:/');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
