// Archives whose content is unpacked twice, decompressed once.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, run } from '../../common/process.ts';
import { damaged, FOR_UNPACKING, type Archive } from './unpack.ts';

/**
 * Writes each archive again without compression, which dpkg reads as well (deb(5): members debian-binary, control.tar,
 * data.tar of an ar archive). One script for all, because starting a shell for each costs as much as the work. The
 * script is fixed; what varies comes as arguments: the directory, then pairs of source and name of the target.
 */
const PLAIN_SCRIPT = [
  'member() {',
  '  printf \'%-16s%-12s%-6s%-6s%-8s%-10s`\\n\' "$1" 0 0 0 100644 "$2"',
  '}',
  'cd "$1" || exit; shift',
  "{ printf '!<arch>\\n'; member debian-binary 4; printf '2.0\\n'; } > first",
  'while [ $# -gt 0 ]; do',
  '  dpkg-deb --ctrl-tarfile "$1" > control && dpkg-deb --fsys-tarfile "$1" > data &&',
  '  sizes=($(stat -c %s control data)) &&',
  '  member control.tar "${sizes[0]}" > second && member data.tar "${sizes[1]}" > third &&',
  '  cat first second control third data > "$2" ||',
  '    { echo "kronos: failed at $1" >&2; exit 1; }',
  '  shift 2',
  'done',
  'rm first second third control data',
].join('\n');

/**
 * Puts uncompressed copies of `archives` into the new directory `target`; returned in their order, with the copies as
 * files. Errors: `verification/package-damaged`.
 */
export async function makePlain(archives: readonly Archive[], target: string): Promise<Archive[]> {
  await mkdir(target, { recursive: true });
  if (archives.length === 0) return [];
  const pairs = archives.flatMap(({ file }, index) => [file, `${index}.deb`]);
  try {
    await run(['bash', '-c', PLAIN_SCRIPT, 'plain', target, ...pairs], {
      environment: FOR_UNPACKING,
      extendEnvironment: true,
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw damaged(error, target);
  }
  return archives.map((archive, index) => ({ ...archive, file: join(target, `${index}.deb`) }));
}
