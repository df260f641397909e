// Looks whether this machine can build and try images. Nothing is changed; what can be tried is tried, because what
// a file or a version number promises is often not so inside containers.
import { constants } from 'node:fs';
import { open, readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { totalmem, userInfo } from 'node:os';
import { exists } from '../common/files.ts';
import { formatBytes } from '../common/format.ts';
import { run } from '../common/process.ts';
import { BUILD_PROGRAMS, findProgram, USER_PROGRAMS, type HostProgram } from './host-programs.ts';
import { namespaceCommand } from './sandbox/namespace.ts';

/** One look at the machine. */
export interface HostCheck {
  name: string;
  /** `note`: a build works, but something is slower or missing. */
  status: 'ok' | 'bad' | 'note';
  /** What was found. */
  found: string;
  /** What to do about it, where it is not ok. */
  remedy?: string;
  /** Which exit code a bad one leads to: something is missing, or the machine cannot do it. */
  class: 'dependency' | 'host';
}

/** Free bytes that a first build needs for packages, steps and artefacts. */
const DISK_NEEDED = 5e9;

/** Bytes of memory: the root tree is unpacked in memory. */
const MEMORY_NEEDED = 2.5e9;

/** Ids that an image may use. */
const IDS_NEEDED = 65536;

/** All checks, in the order in which they read best. `cache` is where builds keep their steps. */
export async function examineHost(options: { cache: string }): Promise<HostCheck[]> {
  const root = process.getuid?.() === 0;
  const programs = root ? BUILD_PROGRAMS : [...BUILD_PROGRAMS, ...USER_PROGRAMS];
  return [
    { name: 'node', status: 'ok', found: process.versions.node, class: 'dependency' },
    ...(await Promise.all(programs.map((program) => checkProgram(program)))),
    ...(root ? [] : [await checkIds('subuid'), await checkIds('subgid')]),
    await checkNamespaces(),
    await checkDisk(options.cache),
    checkMemory(),
    await checkMirror(),
    await checkKvm(),
  ];
}

/** The exit code for a list of checks: 3 where something must be installed, 5 where the machine cannot, else 0. */
export function doctorExitCode(checks: readonly HostCheck[]): number {
  const bad = checks.filter((check) => check.status === 'bad');
  if (bad.length === 0) return 0;
  return bad.some((check) => check.class === 'dependency') ? 3 : 5;
}

async function checkProgram(program: HostProgram): Promise<HostCheck> {
  const path = await findProgram(program.name);
  const base = { name: program.name, class: 'dependency' } as const;
  if (path !== undefined) return { ...base, status: 'ok', found: path };
  return {
    ...base,
    status: 'bad',
    found: `missing; needed to ${program.purpose}`,
    remedy: `apt-get install ${program.package}`,
  };
}

async function checkIds(file: 'subuid' | 'subgid'): Promise<HostCheck> {
  const text = await readFile(`/etc/${file}`, 'utf8').catch(() => '');
  const { username, uid } = userInfo();
  const count = countSubordinateIds(text, [username, String(uid)]);
  const base = { name: `/etc/${file}`, class: 'host' } as const;
  if (count >= IDS_NEEDED) return { ...base, status: 'ok', found: `${count} ids for ${username}` };
  const option = file === 'subuid' ? '--add-subuids' : '--add-subgids';
  return {
    ...base,
    status: 'bad',
    found: `${count} ids for ${username}, ${IDS_NEEDED} are needed`,
    remedy: `as root: usermod ${option} 100000-165535 ${username}`,
  };
}

/** The largest range that a subordinate id file gives to one of the names. */
export function countSubordinateIds(text: string, names: readonly string[]): number {
  const ranges = text
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([name]) => name !== undefined && names.includes(name))
    .map(([, , count]) => Number.parseInt(count ?? '', 10))
    .filter((count) => !Number.isNaN(count));
  return Math.max(0, ...ranges);
}

async function checkNamespaces(): Promise<HostCheck> {
  const uid = process.getuid?.() ?? 0;
  const base = { name: 'namespaces', class: 'host' } as const;
  try {
    // A mount inside, because some containers allow the namespace and then no mount in it.
    await run([...namespaceCommand({ uid }), 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp'], {
      timeoutSeconds: 20,
    });
    return { ...base, status: 'ok', found: uid === 0 ? 'as root' : 'as an ordinary user' };
  } catch (error) {
    const said = error instanceof Error ? (error.message.split('\n').at(-1) ?? '').trim() : '';
    return {
      ...base,
      status: 'bad',
      found: `refused: ${said}`,
      remedy:
        uid === 0
          ? 'run outside the container, or give it CAP_SYS_ADMIN'
          : 'allow user namespaces (sysctl kernel.unprivileged_userns_clone=1) or run as root',
    };
  }
}

async function checkDisk(cache: string): Promise<HostCheck> {
  let place = cache;
  while (!(await exists(place)) && place !== dirname(place)) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const base = {
    name: 'disk',
    class: 'host',
    found: `${formatBytes(free)} free in ${place}`,
  } as const;
  if (free >= DISK_NEEDED) return { ...base, status: 'ok' };
  return {
    ...base,
    status: 'bad',
    remedy: `free ${formatBytes(DISK_NEEDED - free)} (kronos clean) or name another place: --cache DIR`,
  };
}

function checkMemory(): HostCheck {
  const total = totalmem();
  const base = { name: 'memory', class: 'host', found: formatBytes(total) } as const;
  if (total >= MEMORY_NEEDED) return { ...base, status: 'ok' };
  return { ...base, status: 'note', remedy: 'add swap if a build is killed' };
}

async function checkMirror(): Promise<HostCheck> {
  const base = { name: 'mirror', class: 'host' } as const;
  const remedy = 'name a mirror with --mirror URL';
  try {
    const { stdout } = await run(['apt-get', 'indextargets', '--format', '$(SITE)'], {
      timeoutSeconds: 20,
    });
    const sites = [...new Set(stdout.split('\n').filter((line) => line !== ''))];
    if (sites.length === 0) return { ...base, status: 'note', found: 'none set up in apt', remedy };
    return { ...base, status: 'ok', found: sites.map(withoutCredentials).join(', ') };
  } catch {
    return { ...base, status: 'note', found: 'apt could not be asked', remedy };
  }
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}

/** Opening the device is what fails in containers that show it without allowing it. */
async function checkKvm(): Promise<HostCheck> {
  const base = { name: '/dev/kvm', class: 'host' } as const;
  const slow = 'kronos try works all the same, but emulates and is ten times slower';
  try {
    const handle = await open('/dev/kvm', constants.O_RDWR);
    await handle.close();
  } catch (error) {
    const missing = error instanceof Error && error.message.includes('ENOENT');
    return { ...base, status: 'note', found: missing ? 'not there' : 'not allowed', remedy: slow };
  }
  return { ...base, status: 'ok', found: 'can be opened' };
}
