// RPM packages on their way into a repository: who they are, where they lie, and their signature.
import { z } from 'zod';
import { digestFile } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { CommandError, FIXED_ENVIRONMENT, run } from '../../common/process.ts';
import { findProgram } from '../host-programs.ts';
import { signingArguments, signingFailure } from '../manifest/signature.ts';
import { rpmDefines } from '../rpm-options.ts';
import type { Entry } from './contents.ts';
import type { SigningKey } from './key.ts';

/** Who an RPM package is. */
export interface RpmName {
  name: string;
  epoch: number;
  version: string;
  release: string;
  architecture: string;
}

/** A package file that was read. */
export interface RpmFile extends Entry {
  /** When it was built, in seconds since 1970. */
  date: number;
  /**
   * sha256 of the header, which names the digest of the rest: the package without its signature. Undefined in packages
   * of very old tools.
   */
  content: string | undefined;
}

/** Names become paths, so nothing gets in that means something there. */
const FIELDS = z.tuple([
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~-]*$/),
  z.coerce.number().int().nonnegative(),
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~^]*$/),
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~^]*$/),
  z.string().regex(/^[a-z0-9_]+$/),
  z.coerce.number().int().nonnegative(),
  z.string(),
  z.string(),
]);

const QUERY = [
  '%{NAME}',
  '%{EPOCHNUM}',
  '%{VERSION}',
  '%{RELEASE}',
  '%{ARCH}',
  '%{BUILDTIME}',
  '%{SOURCEPACKAGE}',
  '%{SHA256HEADER}',
];

/** The path of a package below its suite. */
export function rpmPath({ name, version, release, architecture }: RpmName): string {
  return `Packages/${name.slice(0, 1).toLowerCase()}/${name}-${version}-${release}.${architecture}.rpm`;
}

/** What a person calls an RPM package. */
export function rpmTitle({ name, epoch, version, release, architecture }: RpmName): string {
  const prefix = epoch === 0 ? '' : `${epoch}:`;
  return `${name}-${prefix}${version}-${release}.${architecture}`;
}

/** Reads a package file and checks its digests. Errors: `verification/bad-rpm`, those of node:fs. */
export async function readRpm(file: string, signal?: AbortSignal): Promise<RpmFile> {
  const options = { environment: FIXED_ENVIRONMENT, extendEnvironment: true, signal };
  let fields: string[];
  try {
    await run(['rpmkeys', '--checksig', '--nosignature', file], options);
    const query = ['rpm', '--query', '--package', '--nosignature', '--queryformat'];
    const { stdout } = await run([...query, QUERY.join('\\n'), file], options);
    fields = stdout.split('\n');
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const said = `${error.stdout}\n${error.stderr}`.trim().split('\n').at(-1);
    throw badRpm(file, said ?? '');
  }
  const parsed = FIELDS.safeParse(fields);
  if (!parsed.success) {
    const field = QUERY[Number(parsed.error.issues[0]?.path[0])] ?? 'header';
    throw badRpm(file, `${field.replace(/[%{}]/g, '')} holds what is not allowed there`);
  }
  const [name, epoch, version, release, target, date, source, content] = parsed.data;
  // A source package says which machine it was made on.
  const architecture = source === '1' ? 'src' : target;
  const own = { name, epoch, version, release, architecture };
  return {
    title: rpmTitle(own),
    path: rpmPath(own),
    sha256: await digestFile(file),
    file,
    date,
    content: /^[0-9a-f]{64}$/.test(content) ? content : undefined,
  };
}

function badRpm(file: string, why: string): KronosError {
  return new KronosError('verification/bad-rpm', `${file} is not a whole RPM package: ${why}`, {
    hint: 'fetch or build the file again',
  });
}

/** Whether two files are the same package, whoever signed them. */
export function isSameRpm(a: RpmFile, b: RpmFile): boolean {
  return a.sha256 === b.sha256 || (a.content !== undefined && a.content === b.content);
}

/**
 * Signs a package file in place; another signature that it has is replaced. `at`: seconds since 1970.
 * Errors: `input/signing-key`, `dependency/tool-missing`.
 */
export async function signRpm(
  file: string,
  key: SigningKey,
  at: number,
  signal?: AbortSignal,
): Promise<void> {
  const macros = {
    // Distributions disagree about the name of the program.
    __gpg: (await findProgram('gpg')) ?? 'gpg',
    _gpg_name: key.fingerprint,
    _gpg_sign_cmd_extra_args: `--batch ${signingArguments(at).join(' ')}`,
  };
  try {
    await run(['rpmsign', ...rpmDefines(macros), '--addsign', file], { signal });
  } catch (error) {
    throw signingFailure(file, key.fingerprint, error);
  }
}
