// What apt says, turned into errors with stable codes. apt's exit code is always 100; only its text tells them apart.
import { KronosError, type KronosErrorOptions } from '../../common/error.ts';

interface Rule {
  pattern: RegExp;
  code: KronosError['code'];
  message: (match: RegExpExecArray) => string;
  hint: string;
}

const KEY_HINT =
  'check that the key file belongs to this repository, and that the mirror is the one you meant';

/** First match wins: the most telling lines first, because one failure makes apt print several. */
const RULES: readonly Rule[] = [
  {
    pattern: /No space left on device/i,
    code: 'io/disk-full',
    message: () => 'the disk is full',
    hint: 'make room, or put the cache elsewhere with --cache DIR',
  },
  {
    pattern: /Could not get lock ([^.\s]+)/,
    code: 'io/locked',
    message: (match) => `another run holds ${match[1] ?? 'the lock'}`,
    hint: 'wait for the other run to end',
  },
  {
    pattern:
      /(NO_PUBKEY [0-9A-F ]+|EXPKEYSIG .*|BADSIG .*|REVKEYSIG .*|The following signatures (?:were invalid|couldn't be verified)[^\n]*|Sub-process \S*sqv returned an error[^\n]*|Missing key [0-9A-F]+[^\n]*|OpenPGP signature verification failed[^\n]*|Clearsigned file isn't valid[^\n]*|No good signature[^\n]*)/,
    code: 'verification/index-signature',
    message: (match) => `the index is not signed by the expected key: ${match[1] ?? ''}`,
    hint: KEY_HINT,
  },
  {
    pattern: /Release file for (\S+) is (?:expired|not valid yet)[^\n]*/,
    code: 'verification/index-expired',
    message: (match) => `an index is out of date: ${match[0].replace(/\. Updates.*/, '')}`,
    hint: 'the mirror is not kept up, or the clock is wrong; for a snapshot set Acquire::Check-Valid-Until "false" in /etc/apt/apt.conf.d',
  },
  {
    pattern: /(Hash Sum mismatch|File has unexpected size[^\n]*)/,
    code: 'verification/index-digest',
    message: (match) =>
      `an index file differs from what its signed Release file says: ${match[1] ?? ''}`,
    hint: 'the mirror is being updated or was tampered with; try again, or use another mirror',
  },
  {
    pattern:
      /(Could not resolve[^\n]*|Temporary failure resolving[^\n]*|Could not connect to[^\n]*|Cannot initiate the connection[^\n]*|Connection (?:timed out|failed|refused)[^\n]*|Unable to connect to[^\n]*|Error reading from server[^\n]*|Network is unreachable[^\n]*|certificate verif[^\n]*|Could not handshake[^\n]*|Undetermined Error[^\n]*|The HTTP server sent an invalid[^\n]*| 50\d  [^\n]*| 40[137]  [^\n]*)/i,
    code: 'io/mirror-unreachable',
    message: (match) => `the mirror does not answer: ${(match[1] ?? '').trim()}`,
    hint: 'check the network and the proxy, name another mirror with --mirror URL, or import a bundle',
  },
  {
    pattern: /The repository '([^']+)' is not signed/,
    code: 'verification/index-signature',
    message: (match) => `the index of ${match[1] ?? 'the repository'} is not signed`,
    hint: 'only signed repositories are used; sign it, or give the packages as a directory of .deb files',
  },
  {
    pattern: /The repository '([^']+)' does(?: not|n't) (?:no longer )?have a Release file/,
    code: 'input/unknown-suite',
    message: (match) => `there is no suite at ${match[1] ?? 'the repository'}`,
    hint: 'check the suite and the mirror',
  },
  {
    pattern: /Failed to fetch ([^\n]+)/,
    code: 'io/mirror-unreachable',
    message: (match) => `the mirror does not deliver: ${match[1] ?? ''}`,
    hint: 'try again, name another mirror with --mirror URL, or import a bundle',
  },
  {
    pattern: /Unable to locate package (\S+)/,
    code: 'input/unknown-package',
    message: (match) => `there is no package ${match[1] ?? ''}`,
    hint: 'check the name and the suite',
  },
  {
    pattern: /Unable to find a source package for (\S+)/,
    code: 'input/unknown-source',
    message: (match) => `there is no source package ${match[1] ?? ''}`,
    hint: 'sources have other names than packages: xen-system-amd64 comes from xen',
  },
  {
    pattern: /Can(?: not|not) find version '([^']+)' of package '([^']+)'/,
    code: 'input/unknown-version',
    message: (match) => `there is no version ${match[1] ?? ''} of source package ${match[2] ?? ''}`,
    hint: 'leave the version out to take the one of the suite',
  },
  {
    pattern: /Version '([^']+)' for '([^']+)' was not found/,
    code: 'input/unknown-version',
    message: (match) => `there is no version ${match[1] ?? ''} of package ${match[2] ?? ''}`,
    hint: 'leave the version out to take the one of the suite',
  },
  {
    pattern: /Package '?([^\s']+)'? (?:has no installation candidate|is a virtual package)/,
    code: 'input/unknown-package',
    message: (match) => `package ${match[1] ?? ''} cannot be installed by that name`,
    hint: 'name one of the packages that provide it',
  },
];

/** apt's explanation of a set that cannot be installed, without its politeness. */
export function unmetReasons(output: string): string[] {
  const lines = output.split('\n').map((line) => line.trimEnd());
  const start = lines.findIndex((line) =>
    /unmet dependencies|following packages will be REMOVED/.test(line),
  );
  if (start === -1) {
    const held = lines.filter((line) => /^E: /.test(line) && !/held broken packages/.test(line));
    return held.map((line) => line.slice(3));
  }
  const reasons: string[] = [];
  for (const line of lines.slice(start + 1)) {
    if (!line.startsWith(' ')) break;
    reasons.push(line.trim().replace(/\s+/g, ' '));
  }
  return reasons;
}

/**
 * The error for a failed apt run. `doing` is a gerund phrase ("resolving layer host"), `output` everything apt printed.
 */
export function errorFromApt(
  doing: string,
  output: string,
  options: KronosErrorOptions = {},
): KronosError {
  if (
    /unmet dependencies|held broken packages|remove is disabled|conflicting requests/i.test(output)
  ) {
    const reasons = unmetReasons(output);
    return new KronosError(
      'input/unsatisfiable',
      [
        `${doing}: these packages cannot be installed together`,
        ...reasons.map((line) => `    ${line}`),
      ].join('\n'),
      {
        hint: 'remove one of the packages, or name another origin or suite for it',
        details: { reasons },
        ...options,
      },
    );
  }
  for (const rule of RULES) {
    const match = rule.pattern.exec(output);
    if (match !== null) {
      return new KronosError(rule.code, `${doing}: ${rule.message(match)}`, {
        hint: rule.hint,
        ...options,
      });
    }
  }
  const said = output
    .split('\n')
    .filter((line) => /^[EW]: /.test(line))
    .slice(0, 8)
    .map((line) => `    ${line}`);
  return new KronosError('io/apt-failed', [`${doing}: apt failed`, ...said].join('\n'), options);
}
