// Reads .rpm files with rpm's own programs: what they hold, what they would run, who signed them.
import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { KronosError } from '../../common/error.ts';
import { CommandError, endWithParent, run } from '../../common/process.ts';
import type { HostProgram } from '../host-programs.ts';
import type { EntryType } from '../image/contents.ts';
import { SIGNATURE_REQUIRED } from '../rpm-options.ts';
import type { TreeEntry } from './entry.ts';
import { debianVersion, readScriptlets, SCRIPTLET_FORMAT, type Scriptlet } from './rpm-header.ts';

/** What reading .rpm files takes from the machine. */
export const RPM_PROGRAMS: readonly HostProgram[] = [
  { name: 'rpm', package: 'rpm', purpose: 'read .rpm files' },
  { name: 'rpmkeys', package: 'rpm', purpose: 'check .rpm files' },
  { name: 'rpm2cpio', package: 'rpm2cpio', purpose: 'unpack .rpm files' },
  { name: 'cpio', package: 'cpio', purpose: 'unpack .rpm files' },
];

/** One .rpm file once read. */
export interface RpmPackage {
  file: string;
  name: string;
  /** `name-version-release`. */
  label: string;
  /** Epoch, version and release as a Debian version. */
  version: string;
  /** As rpm calls it: x86_64, noarch. */
  architecture: string;
  entries: TreeEntry[];
  scriptlets: Scriptlet[];
  /** What it requires besides libraries, programs and features of rpm. */
  requires: string[];
  /** Files that are not to belong to root. */
  owners: { path: string; owner: string }[];
}

/** Separates fields; scripts have none of these characters. */
const FIELD = '\f';
const ITEM = '\v';

const FORMAT = [
  ...['%{NAME}', '%{EPOCHNUM}', '%{VERSION}', '%{RELEASE}', '%{ARCH}', '%{SOURCEPACKAGE}'],
  `[%{FILENAMES}\\t%{FILEMODES}\\t%{LONGFILESIZES}\\t%{FILEMTIMES}\\t%{FILEFLAGS}\\t%{FILEUSERNAME}:%{FILEGROUPNAME}\\t%{FILELINKTOS}\\v]`,
  '[%{REQUIRENAME} %{REQUIREFLAGS:depflags} %{REQUIREVERSION}\\v]',
  SCRIPTLET_FORMAT,
].join('\\f');

/** Bits of RPMTAG_FILEFLAGS. */
const FLAG_CONFIG = 1;
const FLAG_GHOST = 64;

const TYPES: Readonly<Record<number, EntryType>> = {
  0o010000: 'fifo',
  0o020000: 'character',
  0o040000: 'directory',
  0o060000: 'block',
  0o100000: 'file',
  0o120000: 'symlink',
  0o140000: 'socket',
};

const number = z.coerce.number().int().min(0);
const fileRow = z.tuple([
  z.string().startsWith('/'),
  number,
  number,
  number,
  number,
  z.string(),
  z.string(),
]);

/** Found by dpkg-shlibdeps and by us instead: libraries, interpreters, files; and what only rpm knows. */
const FOUND_OTHERWISE = /^(?:rpmlib\(|config\(|rtld\(|lib[^ ]*\.so|ld-linux|\/|[^ ]*\(\)\(64bit\))/;

function damaged(file: string, why: string): KronosError {
  return new KronosError('verification/bad-rpm', `${file} is not a whole .rpm package: ${why}`, {
    hint: 'fetch or build the file again',
  });
}

/**
 * Reads the header of one file; `content` is the directory that `unpackRpm` is given for it.
 * Errors: `verification/bad-rpm`, `input/source-rpm`, `dependency/tool-missing`.
 */
export async function readRpm(
  file: string,
  content: string,
  signal?: AbortSignal,
): Promise<RpmPackage> {
  let stdout: string;
  try {
    ({ stdout } = await run(['rpm', '-qp', '--nosignature', '--queryformat', FORMAT, file], {
      signal,
    }));
  } catch (error) {
    if (error instanceof CommandError) throw damaged(file, lastLine(error.stderr));
    throw error;
  }
  const [name, epoch, version, release, architecture, source, files, requires, ...scripts] =
    stdout.split(FIELD);
  if (name === undefined || version === undefined || release === undefined)
    throw damaged(file, 'rpm says nothing of it');
  if (source !== '(none)') {
    throw new KronosError('input/source-rpm', `${file} holds sources, not programs`, {
      hint: 'build it with rpmbuild --rebuild first, and give what comes out',
    });
  }
  const label = `${name}-${version}-${release}`;
  const rows = itemsOf(files).map((row) => {
    const parsed = fileRow.safeParse(row.split('\t'));
    if (!parsed.success) throw damaged(file, `it lists ${JSON.stringify(row)}`);
    return parsed.data;
  });
  const kept = rows.filter(([, , , , flags]) => (flags & FLAG_GHOST) === 0);
  return {
    file,
    name,
    label,
    version: debianVersion(Number(epoch), version, release),
    architecture: architecture ?? '',
    entries: kept.map(([path, mode, size, modified, flags, , target]): TreeEntry => {
      const type = TYPES[mode & 0o170000] ?? 'file';
      return {
        path,
        type,
        mode: mode & 0o7777,
        size: type === 'file' ? size : 0,
        modified,
        target: type === 'symlink' ? target : undefined,
        file: type === 'file' ? join(content, path) : undefined,
        from: label,
        config: (flags & FLAG_CONFIG) !== 0,
      };
    }),
    scriptlets: readScriptlets(scripts),
    requires: [...new Set(itemsOf(requires).map((item) => item.trim()))].filter(
      (item) => !FOUND_OTHERWISE.test(item),
    ),
    owners: kept.flatMap(([path, , , , , owner]) =>
      owner === 'root:root' ? [] : [{ path, owner }],
    ),
  };
}

function itemsOf(field: string | undefined): string[] {
  return (field ?? '').split(ITEM).filter((item) => item !== '');
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/**
 * Unpacks the plain files of an .rpm below `content`. Links and devices are never made: they could lead elsewhere, and
 * the header says all of them. Errors: `verification/bad-rpm`.
 */
export async function unpackRpm(
  rpm: RpmPackage,
  content: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(content, { recursive: true });
  const archive = `${content}.cpio`;
  const list = `${content}.list`;
  const files = rpm.entries.filter(({ type }) => type === 'file');
  // cpio takes a list of patterns; in payloads every path begins with a dot.
  await writeFile(
    list,
    files.map(({ path }) => `.${path.replace(/[\\*?[\]]/g, '\\$&')}\n`).join(''),
  );
  try {
    await run(endWithParent(['rpm2cpio', rpm.file]), { outputFile: archive, signal });
    await run(
      endWithParent([
        ...['cpio', '--extract', '--make-directories', '--no-absolute-filenames'],
        ...['--no-preserve-owner', '--quiet', `--file=${archive}`, `--pattern-file=${list}`],
      ]),
      { cwd: content, signal },
    );
  } catch (error) {
    if (error instanceof CommandError) throw damaged(rpm.file, lastLine(error.stderr));
    throw error;
  }
  for (const { file, size, path } of files) {
    const found = file === undefined ? undefined : await lstat(file).catch(() => undefined);
    if (found?.isFile() !== true || found.size !== size)
      throw damaged(rpm.file, `${path} is not in it as its header says`);
  }
}

/**
 * Has rpm check each file: its digests, and with `keyring` also that one of those keys signed it. The keys are known to
 * a database that is gone afterwards. Errors: `verification/rpm-signature`, `verification/bad-rpm`, `input/keyring`.
 */
export async function checkRpms(
  files: readonly string[],
  options: { keyring?: string | undefined; scratch: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const { keyring, scratch, signal } = options;
  const database = ['--dbpath', join(scratch, 'rpmdb')];
  if (keyring !== undefined) {
    await mkdir(join(scratch, 'rpmdb'), { recursive: true });
    try {
      await run(['rpmkeys', ...database, '--import', keyring], { signal });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      throw new KronosError('input/keyring', `rpm does not take the keys in ${keyring}`, {
        cause: error,
        hint: 'name a file that gpg --export --armor KEY made',
      });
    }
  }
  for (const file of files) {
    const level = keyring === undefined ? ['--nosignature'] : SIGNATURE_REQUIRED;
    try {
      await run(['rpmkeys', ...database, ...level, '--checksig', '--verbose', file], { signal });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const lines = `${error.stdout}\n${error.stderr}`.trim().split('\n');
      const wrong = lines.filter((line) => /BAD|NOKEY|NOT ?FOUND|NOTTRUSTED|error/i.test(line));
      const why = (wrong.length === 0 ? lines : wrong).map((line) => `\n    ${line.trim()}`);
      if (keyring === undefined) throw damaged(file, why.join(''));
      throw new KronosError(
        'verification/rpm-signature',
        `${basename(file)} is not signed by a key of ${keyring}:${why.join('')}`,
        { hint: 'look where the file comes from, and whether the keys are those of its maker' },
      );
    }
  }
}
