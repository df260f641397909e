// The first page: what the machine is, and what is wanted.
import type { Disk } from '../../../host/inventory.ts';
import { listed, plain } from '../../../host/select/text.ts';
import { BLANK, withAnswers, withView, type Outcome, type Page } from '../page.ts';
import type { Line } from '../screen.ts';
import type { FlowState, World } from '../state.ts';
import { moveInList, renderList } from '../widgets/list.ts';

interface Choice {
  text: string;
  take: (state: FlowState) => Outcome;
}

const LABEL = 12;

export const welcomePage: Page = {
  title: () => 'Welcome',
  render: (state) => {
    const choices = choicesOf(state.world);
    return {
      body: [
        ...aboutMachine(state.world),
        BLANK,
        ...renderList(choices, state.view.index, 6),
        BLANK,
        [{ text: '  Nothing is written to a disk before the last page says so.' }],
      ],
      keys: 'Up/Down choose   Enter go on   F2 shell   Ctrl-L draw again',
    };
  },
  press: (state, key) => {
    const choices = choicesOf(state.world);
    if (key.name === 'enter') return choices[state.view.index]?.take(state);
    const index = moveInList(state.view.index, key, choices.length, choices.length);
    return index === undefined ? undefined : { state: withView(state, { index }) };
  },
};

function aboutMachine({ version, edition, inventory }: World): Line[] {
  const { machine, disks, interfaces } = inventory;
  const name = [machine.vendor, machine.product].filter((part) => part !== undefined).join(' ');
  const rows: [string, string][] = [
    ['Image', `Kronos ${version}, edition ${edition}`],
    ['Machine', name === '' ? 'of an unknown make' : name],
    ['Firmware', `${machine.firmware.toUpperCase()}${machine.xen ? ', started on Xen' : ''}`],
    ['Memory', `${formatMemory(machine.memory)}, ${count(machine.cpus, 'processor')}`],
    ['Disks', count(disks.filter((disk) => !disk.bootMedium && disk.size > 0).length, 'disk')],
    ['Network', count(interfaces.length, 'card')],
  ];
  return rows.map(([label, text]) => [
    { text: `  ${label.padEnd(LABEL)}` },
    { text: plain(text).slice(0, 60) },
  ]);
}

function count(number: number, what: string): string {
  return number === 0 ? `no ${what}` : `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** Memory is sold in powers of two; a part of it is gone before the system sees it. */
function formatMemory(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return `${gibibytes >= 10 ? gibibytes.toFixed(0) : gibibytes.toFixed(1)} GiB of memory`;
}

function choicesOf(world: World): Choice[] {
  return [
    {
      text: 'Install on this machine',
      take: (state) => ({
        state: withAnswers(state, { mode: 'install', ...keepSystem(state) }),
        go: 'next',
      }),
    },
    ...installedHosts(world).map(({ hostname, version, disks }): Choice => {
      const names = disks.map(({ name }) => name);
      return {
        text: `Reinstall ${nameOf(hostname, version)} on ${listed(names)}: state and storage stay`,
        take: (state) => ({
          state: withAnswers(state, {
            mode: 'reinstall',
            system: names,
            storage: [],
            hostname: known(hostname) ? hostname : state.answers.hostname,
          }),
          go: 'next',
        }),
      };
    }),
    { text: 'Rescue shell', take: (state) => ({ state, effects: [{ type: 'shell' }] }) },
    {
      text: 'Leave to the command line',
      take: (state) => ({ state, effects: [{ type: 'leave', how: 'shell' }] }),
    },
    {
      text: 'Restart the machine',
      take: (state) => ({ state, effects: [{ type: 'leave', how: 'reboot' }] }),
    },
  ];
}

function known(text: string): boolean {
  return text !== '' && text !== 'unknown';
}

function nameOf(hostname: string, version: string): string {
  const host = known(hostname) ? hostname : 'the host';
  return known(version) ? `${host} (${version})` : host;
}

/** After a choice to reinstall that was taken back, its disks are no longer those of the answers. */
function keepSystem({ answers }: FlowState): { system?: readonly string[] } {
  return answers.mode === 'reinstall' ? { system: [] } : {};
}

interface InstalledHost {
  hostname: string;
  version: string;
  disks: Disk[];
}

/** Hosts that are on the disks; the two disks of a mirrored one are one host. */
function installedHosts({ inventory }: World): InstalledHost[] {
  const hosts: InstalledHost[] = [];
  for (const disk of inventory.disks) {
    if (disk.installed === undefined || disk.bootMedium) continue;
    const { hostname, version } = disk.installed;
    const same = hosts.find((host) => host.hostname === hostname && host.version === version);
    if (same === undefined || same.disks.length === 2)
      hosts.push({ hostname, version, disks: [disk] });
    else same.disks.push(disk);
  }
  return hosts;
}
