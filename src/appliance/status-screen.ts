// What a person sees on the console of a host: 80 columns, 24 lines, plain ASCII for any terminal.

export interface StatusFacts {
  edition: string;
  version: string;
  summary: string;
  toolstack: string;
  /** `4.20.4`, or undefined without Xen. */
  xen: string | undefined;
  kernel: string;
  hostName: string;
  /** Addresses that others can reach, in the order of the interfaces. */
  addresses: readonly { interface: string; address: string }[];
  /** Word of `kronos.mode=` on the kernel command line; undefined on an installed host. */
  mode: string | undefined;
  cpus: number;
  /** MiB of the whole machine as far as known. */
  memory: number;
}

const WIDTH = 80;
/** One less than the terminal has: the login prompt goes below. */
const HEIGHT = 23;
const LABEL = 14;

/** More would push what to do next off the screen. */
const MOST_ADDRESSES = 3;

const MODES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    live: 'live from the medium; nothing is written to the disks',
    install: 'live from the medium; nothing is written to the disks',
    unattended: 'live; a host file installs this machine by itself',
    rescue: 'rescue; nothing is written to the disks',
    check: 'live from the medium, after its check',
  }),
);

/** The screen: at most 23 lines of at most 80 columns, each ended by a line feed. */
export function renderStatus(facts: StatusFacts): string {
  const rule = '-'.repeat(WIDTH);
  const lines = [
    titleLine(`Kronos ${facts.version}`, `edition ${facts.edition}`),
    rule,
    ...(facts.summary === '' ? [''] : ['', `  ${facts.summary}`, '']),
    row('Host', facts.hostName),
    ...addressRows(facts),
    row(
      'Boot',
      facts.mode === undefined ? 'installed host' : (MODES.get(facts.mode) ?? facts.mode),
    ),
    row('Hypervisor', facts.xen === undefined ? 'without Xen' : `Xen ${facts.xen}`),
    row('Toolstack', facts.toolstack),
    row('Kernel', facts.kernel),
    row('Machine', machine(facts)),
    '',
    rule,
    ...nextSteps(facts).map((line) => `  ${line}`),
  ];
  return `${lines.map(fit).slice(0, HEIGHT).join('\n')}\n`;
}

/** What the person in front of the screen can do now. */
function nextSteps(facts: StatusFacts): string[] {
  if (facts.mode === 'rescue') {
    return [
      'This is a rescue system: a root shell follows.',
      '',
      '  lsblk -f                 the disks and what is on them',
      '  vgchange -ay             bring up the LVM volumes of the disks',
      '  reboot                   leave; take the medium out first',
    ];
  }
  const answers = [
    ...(facts.xen === undefined
      ? []
      : ['  xl info                  what Xen says about this host']),
    '  ovs-vsctl show           the virtual switches',
    '  kronos-selftest --text   run the checks of every component',
  ];
  const first =
    facts.xen === undefined
      ? 'The system runs without Xen and cannot start virtual machines. Log in for:'
      : 'The host is up. Log in for:';
  if (facts.mode === undefined) return [first, '', ...answers];
  return [first, '', '  kronos-install           install this system on a disk', ...answers];
}

function addressRows(facts: StatusFacts): string[] {
  if (facts.addresses.length === 0) return [row('Address', 'none yet')];
  const shown = facts.addresses.slice(0, MOST_ADDRESSES);
  const more = facts.addresses.length - shown.length;
  return shown.map((each, index) => {
    const tail = more > 0 && index === shown.length - 1 ? `, and ${more} more` : '';
    return row(index === 0 ? 'Address' : '', `${each.address}  (${each.interface})${tail}`);
  });
}

function machine({ cpus, memory }: StatusFacts): string {
  const processors = cpus === 1 ? '1 processor' : `${cpus} processors`;
  return `${processors}, ${(memory / 1024).toFixed(1)} GiB of memory for this system`;
}

function row(label: string, value: string): string {
  return `  ${label.padEnd(LABEL)}${value}`;
}

function titleLine(left: string, right: string): string {
  const space = Math.max(2, WIDTH - 4 - left.length - right.length);
  return `  ${left}${' '.repeat(space)}${right}`;
}

/** One line that a terminal neither wraps nor misreads. */
function fit(line: string): string {
  const plain = line.replace(/[^\x20-\x7e]/g, '?').trimEnd();
  return plain.length <= WIDTH ? plain : `${plain.slice(0, WIDTH - 3)}...`;
}
