// kronos-firstboot and kronos-installer: single files that need nothing but nodejs, and the programs that they call.
import { basename } from 'node:path';
import { NO_INIT_SCRIPT, type PackageDefinition } from '../definition.ts';
import { programFiles, programOf, recipeOf, type PackageInput } from './input.ts';

/** The Node that Debian 12 has; the bundles are written for it. */
const NODE = 'nodejs (>= 18.19)';

/** Where units of packages are. */
const UNITS = '/usr/lib/systemd/system';

/** Of the recipe's units, those that go with first boot. */
const FIRSTBOOT_UNITS = [
  'kronos-firstboot.service',
  'kronos-report.service',
  'kronos-report.timer',
];

/** The program that makes a host what its host file says. */
export function defineFirstboot(input: PackageInput): PackageDefinition {
  return {
    name: 'kronos-firstboot',
    summary: 'configures a Xen host from its host file',
    description: [
      'Makes an installed host what its host file says: network on Open vSwitch, storage repositories, toolstack, pool. It runs at every start of the host; what is done already is left alone, and a run that was cut goes on where it stopped. A change of the network that nobody can confirm is taken back.',
      'On a host without a host file it does nothing. The packages xcp-xl and xcp-xapi bring everything else that such a host needs.',
    ],
    relations: {
      depends: [NODE, 'iproute2', 'udev'],
      recommends: ['openvswitch-switch'],
    },
    files: [
      ...programFiles(input, 'kronos-firstboot'),
      ...programFiles(input, 'kronos-status'),
      ...recipeOf(input, 'kronos')
        .files.filter(({ path }) => FIRSTBOOT_UNITS.includes(basename(path)))
        .map(({ path, source, text, mode }) => ({
          ...{ path: `${UNITS}/${basename(path)}`, mode, source, text },
        })),
    ],
    units: [{ name: 'kronos-firstboot.service' }, { name: 'kronos-report.timer' }],
    actions: {},
    purge: ['/etc/kronos', '/var/lib/kronos', '/var/log/kronos'],
    licences: [
      programOf(input, 'kronos-firstboot').licences,
      programOf(input, 'kronos-status').licences,
    ],
    exceptions: [NO_INIT_SCRIPT],
  };
}

/** The program that installs a machine. */
export function defineInstaller(input: PackageInput): PackageDefinition {
  return {
    name: 'kronos-installer',
    summary: 'installs a Xen host from a Kronos image',
    description: [
      'Installs the machine that it runs on from the image of a Kronos medium, by a host file or by the answers to a few questions. The plan can be printed without touching anything.',
      'It is of use on a system that was started from such a medium or over the network; an installed host does not need it.',
    ],
    relations: {
      depends: [NODE],
      recommends: [
        ...['gdisk', 'dosfstools', 'e2fsprogs', 'squashfs-tools', 'udev', 'kmod'],
        ...['mdadm', 'lvm2', 'openssl', 'openssh-client'],
      ],
      suggests: ['efibootmgr', 'kbd', 'pciutils'],
    },
    files: programFiles(input, 'kronos-install'),
    units: [],
    actions: {},
    purge: [],
    licences: [programOf(input, 'kronos-install').licences],
  };
}
