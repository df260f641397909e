// What lsblk and findmnt say, for whoever clears disks or opens them.
import { run as runProgram } from '../common/process.ts';

type Run = (argv: readonly string[]) => Promise<{ stdout: string }>;

/** All devices of a tree, depth first, so that what stands on a device comes behind it. */
export function flattenDevices<T extends { children?: T[] }>(devices: readonly T[]): T[] {
  return devices.flatMap((device) => [device, ...flattenDevices(device.children ?? [])]);
}

/** Whether a file system is mounted at exactly this path. Errors: those of findmnt. */
export async function isMounted(
  path: string,
  run: Run = (argv) => runProgram(argv, { accept: [0, 1] }),
): Promise<boolean> {
  const { stdout } = await run(['findmnt', '--list', '--noheadings', '--output', 'TARGET']);
  return stdout.split('\n').some((line) => line.trim() === path);
}
