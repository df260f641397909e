// A job that says where it is: who it is, what it sees, and that it can mount.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { JobContext } from '../../../../src/builder/sandbox/job.ts';
import { run } from '../../../../src/common/process.ts';

/** What the job found. */
export interface Look {
  uid: number | undefined;
  umask: number;
  hostname: string;
  networks: string[];
  processes: string[];
  environment: Record<string, string | undefined>;
  /** The line of /proc/mounts for the directory. */
  mount: string | undefined;
  echo: string;
}

/** Mounts a tmpfs on `directory` and leaves a file in it. */
export async function runJob(
  input: { directory: string; echo: string },
  { progress }: JobContext,
): Promise<Look> {
  progress.note('mounting');
  progress.log('a line');
  progress.warn('careful');
  console.log('what programs print is no message');
  console.log('{"type": broken');
  await run(['mount', '-t', 'tmpfs', 'tmpfs', input.directory]);
  await writeFile(join(input.directory, 'inside'), '');
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n');
  return {
    uid: process.getuid?.(),
    umask: process.umask(0o022),
    hostname: hostname(),
    networks: Object.keys(networkInterfaces()),
    processes: (await readdir('/proc')).filter((name) => /^\d+$/.test(name)),
    environment: { ...process.env },
    mount: mounts.find((line) => line.split(' ')[1] === input.directory.replaceAll(' ', '\\040')),
    echo: input.echo,
  };
}
