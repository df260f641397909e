// A yum archive as it lies there: only what its signature vouches for is believed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { digestOf } from '../../common/digest.ts';
import { exists, resolveInside } from '../../common/files.ts';
import type { Problem } from '../manifest/compare.ts';
import { checkSignature, type Signature } from '../manifest/signature.ts';
import { signatureProblem } from './problems.ts';
import { compareFile, listSuites, type InspectOptions } from './apt-archive.ts';
import type { Entry } from './contents.ts';
import { parsePrimary, parseRepomd } from './repodata.ts';

/** Below the repository; each directory in it is one yum repository. */
export const RPM = 'rpm';

/** An RPM package of a suite. */
export interface RpmEntry extends Entry {
  /** When it was built, in seconds since 1970. */
  date: number;
}

/** One suite as its metadata has it. */
export interface YumSuite {
  suite: string;
  /** Seconds since 1970. */
  date: number;
  entries: RpmEntry[];
  /** Files that are found by their digests: those of the metadata and its signature. Relative to the suite. */
  byHash: string[];
  /** Fingerprint of the key that signed it. */
  key: string;
}

/** The signature of metadata under a name of its own, for when index and signature are not from the same run. */
export function signatureByHash(sha256: string): string {
  return `repodata/${sha256}-repomd.xml.asc`;
}

/**
 * Reads every suite whose repomd.xml is there, and compares metadata and packages with their digests. What is wrong is
 * collected; a suite without a good signature is not read further.
 * Errors: `input/keyring`, `dependency/tool-missing`, those of node:fs.
 */
export async function inspectYumArchive(
  directory: string,
  options: InspectOptions,
): Promise<{ suites: YumSuite[]; problems: Problem[] }> {
  const suites: YumSuite[] = [];
  const problems: Problem[] = [];
  for (const suite of await listSuites(join(directory, RPM))) {
    const root = join(directory, RPM, suite);
    if (!(await exists(join(root, 'repodata/repomd.xml')))) continue;
    const read = await inspectSuite(root, options);
    problems.push(
      ...read.problems.map((problem) => ({ ...problem, file: join(RPM, suite, problem.file) })),
    );
    if (read.suite !== undefined) suites.push({ suite, ...read.suite });
  }
  return { suites, problems };
}

async function inspectSuite(
  root: string,
  options: InspectOptions,
): Promise<{ suite?: Omit<YumSuite, 'suite'>; problems: Problem[] }> {
  const repomd = join(root, 'repodata/repomd.xml');
  const bytes = await readFile(repomd);
  const digest = digestOf(bytes);
  const signature = await checkRepomd(root, repomd, digest, options);
  if (signature.state !== 'good') {
    return { problems: [signatureProblem('repodata/repomd.xml', signature)] };
  }
  const { revision, data } = parseRepomd(bytes.toString('utf8'));
  const problems: Problem[] = [];
  const entries: RpmEntry[] = [];
  for (const { type, href, sha256 } of data) {
    const wrong = await compareFile(root, href, sha256);
    problems.push(...wrong);
    if (wrong.length > 0 || type !== 'primary') continue;
    const packed = await readFile(await resolveInside(root, href));
    if (digestOf(packed) !== sha256) continue;
    for (const listed of parsePrimary(gunzipSync(packed).toString('utf8'))) {
      const { title, href: path, date } = listed;
      const file = await resolveInside(root, path);
      entries.push({ title, path, sha256: listed.sha256, file, date });
      problems.push(...(await compareFile(root, path, listed.sha256)));
    }
  }
  const byHash = [...data.map(({ href }) => href), signatureByHash(digest)];
  return { suite: { date: revision, entries, byHash, key: signature.key }, problems };
}

/** A run that was cut between the two files leaves the signature of the next index beside this one. */
async function checkRepomd(
  root: string,
  repomd: string,
  digest: string,
  options: InspectOptions,
): Promise<Signature> {
  let judged: Signature = { state: 'unsigned' };
  for (const path of [`${repomd}.asc`, join(root, signatureByHash(digest))]) {
    if (!(await exists(path))) continue;
    const next = await checkSignature(repomd, path, options);
    if (next.state === 'good') return next;
    if (judged.state === 'unsigned') judged = next;
  }
  return judged;
}
