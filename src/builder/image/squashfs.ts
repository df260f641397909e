// Compressed read-only layers.
import { run } from '../../common/process.ts';
import { toolCommand } from '../tools.ts';

/** How layers are compressed. Level 0 means the compressor's own default. */
export interface Compression {
  name: 'zstd' | 'xz' | 'gzip';
  level: number;
}

/** Everyday builds: fast to make and to boot. */
export const DEFAULT_COMPRESSION: Compression = { name: 'zstd', level: 3 };

/** `--release`: the smallest medium. */
export const RELEASE_COMPRESSION: Compression = { name: 'xz', level: 0 };

/** Larger blocks compress better; 256 KiB is where reading single files from a slow stick starts to suffer. */
const BLOCK_SIZES: Readonly<Record<Compression['name'], string>> = {
  zstd: '256K',
  gzip: '256K',
  xz: '1M',
};

/** Arguments of mksquashfs for a layer whose every date is `epoch` (seconds). */
export function squashfsArguments(
  source: string,
  target: string,
  compression: Compression,
  epoch: number,
): string[] {
  const level =
    compression.level === 0 || compression.name === 'xz'
      ? []
      : ['-Xcompression-level', String(compression.level)];
  return [
    ...[source, target, '-noappend', '-no-progress', '-quiet', '-no-exports'],
    ...['-comp', compression.name, ...level, '-b', BLOCK_SIZES[compression.name]],
    ...['-mkfs-time', String(epoch), '-all-time', String(epoch)],
  ];
}

/** Makes a layer from a directory. Errors: those of mksquashfs. */
export async function makeSquashfs(
  toolsRoot: string,
  source: string,
  target: string,
  compression: Compression,
  epoch: number,
  extra: readonly string[] = [],
): Promise<void> {
  await run(
    toolCommand(toolsRoot, 'mksquashfs', [
      ...squashfsArguments(source, target, compression, epoch),
      ...extra,
    ]),
    { environment: { LC_ALL: 'C.UTF-8', TZ: 'UTC', PATH: '/usr/bin:/bin' } },
  );
}
