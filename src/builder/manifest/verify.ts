// Checks a release from the outside in: signature, checksums, the ISO's bytes, the files on it, every path of every
// layer, packages, SBOM. Everything that is wrong is collected; nothing is written.
import { tmpdir } from 'node:os';
import { stat } from 'node:fs/promises';
import { KronosError, KronosErrors } from '../../common/error.ts';
import { withTemporaryDirectory } from '../../common/files.ts';
import type { Progress } from '../../common/progress.ts';
import type { Problem } from './compare.ts';
import { openRelease } from './release.ts';
import type { Signature } from './signature.ts';
import { verifyContent } from './verify-content.ts';
import { verifyFiles } from './verify-files.ts';

export interface VerifyOptions {
  /** An ISO, its manifest, or the directory of a release. For a directory all of its files must be there. */
  path: string;
  /** Unpacked tools with xorriso and unsquashfs. */
  toolsRoot: string;
  /** The bytes of an empty area for a host file of this size. */
  pristine: (size: number) => Uint8Array;
  keyring?: string | undefined;
  requireSignature?: boolean;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

export interface VerifyReport {
  /** Name of the release, for example `kronos-0.1.0-debian-13-amd64`. */
  name: string;
  iso: string;
  signature: Signature;
  /** Whether a host file is filled in; the rest of the ISO is then as it was built. */
  hostFile: 'none' | 'embedded' | 'unknown';
  /** How many of each were looked at. */
  checked: { files: number; mediumFiles: number; entries: number; packages: number };
  /** What a person should know although it is no failure. */
  notes: string[];
  problems: Problem[];
}

/**
 * Checks a release; the report says what is wrong.
 * Errors, where nothing can be checked: `input/no-release`, `input/keyring`, `verification/damaged-manifest`,
 * `dependency/tool-missing`, `interrupted/cancelled`.
 */
export async function verifyRelease(options: VerifyOptions): Promise<VerifyReport> {
  const release = await openRelease(options.path);
  const whole = (await stat(options.path)).isDirectory();
  return withTemporaryDirectory(tmpdir(), async (scratch) => {
    const files = await verifyFiles(release, { ...options, whole, scratch });
    const content = await verifyContent(release, { ...options, hostFile: files.hostFile });
    return {
      name: release.manifest.name,
      iso: release.iso,
      signature: files.signature,
      hostFile: files.hostFile,
      checked: { files: files.checked, ...content.checked },
      notes: [...files.notes, ...content.notes],
      problems: [...files.problems, ...content.problems],
    };
  });
}

const HINTS: Readonly<Record<Problem['name'], string>> = {
  signature: 'take the release from where it was published, and the key from its owner',
  'missing-file': 'copy the whole release again',
  'unexpected-file': 'the file was put there after the release was made; do not trust it',
  'changed-file': 'the file was changed or damaged after the release was made; copy it again',
  'unlisted-file': 'the file was put there after the release was made; take it away or build again',
  'unreadable-layer': 'the image is damaged; copy it again or build again',
  'unreadable-iso': 'the ISO is damaged; copy it again or build again',
  'changed-content': 'the layer was changed after the release was made; do not trust it',
  'changed-package': 'the layer does not hold what the manifest says; do not trust it',
  sbom: 'the SBOM does not fit the contents; build again',
};

/** The report's problems as one error of class verification, or undefined where all is well. */
export function verifyError(report: VerifyReport): KronosErrors | undefined {
  if (report.problems.length === 0) return undefined;
  return new KronosErrors(
    report.problems.map(
      ({ name, file, expected, found }) =>
        new KronosError(`verification/${name}`, `${file}: expected ${expected}, found ${found}`, {
          hint: HINTS[name],
          details: { file, expected, found },
        }),
    ),
  );
}

/** The report as lines for a person, without the problems, which are printed as errors. */
export function formatVerifyReport(report: VerifyReport): string {
  const { signature, checked } = report;
  const signed = {
    unsigned: () => 'unsigned',
    good: () => `good, key ${(signature as { key?: string }).key ?? ''}`,
    bad: () => 'bad',
    unchecked: () => 'there, but not checked',
  }[signature.state]();
  const host = {
    none: 'none in the ISO',
    embedded: 'host file embedded; the rest of the ISO is as it was built',
    unknown: 'unknown',
  }[report.hostFile];
  const lines = [
    `release    ${report.name}`,
    `signature  ${signed}`,
    `host file  ${host}`,
    `checked    ${checked.files} files, ${checked.mediumFiles} files on the medium, ` +
      `${checked.entries} paths in layers, ${checked.packages} packages`,
    ...report.notes.map((note) => `note       ${note}`),
    `result     ${report.problems.length === 0 ? 'ok' : `${report.problems.length} problems`}`,
  ];
  return lines.join('\n');
}
