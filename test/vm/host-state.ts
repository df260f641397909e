// What a machine was, written down so that two moments can be compared: /etc, packages, boot order, addresses, and files.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/common/process.ts';
import type { Ssh } from './ssh.ts';

/** Lines of one kind each; see SECTIONS. */
export type HostState = Readonly<Record<Section, string>>;
type Section = keyof typeof SECTIONS | 'addresses';

/** A difference that is not a fault. */
export interface Justified {
  section: Section;
  /** Of the line, behind its + or -. */
  line: RegExp;
  why: string;
}

/** Directories whose content is nobody's configuration: kernel, run time, logs, caches, and lists of apt and dpkg. */
const VOLATILE = [
  ...[
    '/proc',
    '/sys',
    '/dev',
    '/run',
    '/tmp',
    '/etc',
    '/root',
    '/var/tmp',
    '/var/log',
    '/var/cache',
  ],
  ...['/var/lib/apt', '/var/lib/dpkg', '/var/lib/systemd'],
];

const SECTIONS = {
  /** Each path with mode and owner, each file with its digest, each line of each text. */
  etc: [
    "find /etc -printf '%p %M %u:%g %l\\n' | sort",
    'find /etc -type f -print0 | sort -z | xargs -0 sha256sum | sed -E "s/^(\\S+) +(.*)/\\2 sha256 \\1/"',
    "find /etc -type f -print0 | sort -z | xargs -0 grep -H --binary-files=without-match ''",
  ].join('; '),
  packages:
    "dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package} ${Version}\\n'; apt-mark showmanual | sed 's/^/manual /'",
  /** GRUB's menu whole, and what it starts. */
  boot: 'grub-editenv list | sed "s/^/grubenv /"; ls /boot /boot/grub; cat /boot/grub/grub.cfg',
  files: `find / ${VOLATILE.flatMap((path) => ['-path', path, '-prune', '-o']).join(' ')} -print | sort`,
} as const;

interface Interface {
  ifname: string;
  address?: string;
  addr_info: { family: string; local: string; prefixlen: number }[];
}

interface Route {
  dst: string;
  gateway?: string;
  dev: string;
}

/** Reads a machine. Errors: where it cannot be read. */
export async function readState(ssh: Ssh): Promise<HostState> {
  return {
    etc: await ssh.say(SECTIONS.etc),
    packages: await ssh.say(SECTIONS.packages),
    boot: await ssh.say(SECTIONS.boot),
    files: await ssh.say(SECTIONS.files),
    addresses: await readAddresses(ssh),
  };
}

/** Cards with their addresses, and where packets go; what is of the loopback interface is left out. */
export async function readAddresses(ssh: Ssh): Promise<string> {
  const interfaces = JSON.parse(await ssh.say('ip -j address show')) as Interface[];
  const routes = JSON.parse(await ssh.say('ip -j route show')) as Route[];
  return [
    ...interfaces
      .filter(({ ifname }) => ifname !== 'lo')
      .flatMap(({ ifname, address = '', addr_info }) => [
        `${ifname} ${address}`,
        ...addr_info.map(
          ({ family, local, prefixlen }) => `${ifname} ${family} ${local}/${prefixlen}`,
        ),
      ]),
    ...routes.map(({ dst, gateway, dev }) => `${dst} via ${gateway ?? '-'} dev ${dev}`),
  ]
    .sort()
    .join('\n');
}

/** Lines that only one of two states has, as `section: +line` or `section: -line`. */
export async function compareStates(
  before: HostState,
  after: HostState,
  directory: string,
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const found: string[] = [];
  for (const section of Object.keys(before) as Section[]) {
    const [was, is] = [join(directory, `${section}.before`), join(directory, `${section}.after`)];
    await writeFile(was, `${before[section]}\n`);
    await writeFile(is, `${after[section]}\n`);
    const { stdout } = await run(['diff', '--unified=0', was, is], { accept: [0, 1] });
    const lines = stdout.split('\n').filter((line) => /^[+-](?!\+\+ |-- )/.test(line));
    found.push(...lines.map((line) => `${section}: ${line}`));
  }
  return found;
}

/** What is left when differences that have a reason are taken away. */
export function unjustified(
  differences: readonly string[],
  justified: readonly Justified[],
): string[] {
  return differences.filter((difference) => {
    const [, section, line = ''] = /^(\w+): [+-](.*)$/.exec(difference) ?? [];
    return !justified.some((one) => one.section === section && one.line.test(line));
  });
}
