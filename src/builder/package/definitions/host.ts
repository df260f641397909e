// xcp-host, xcp-xl and xcp-xapi: what makes a Debian or Ubuntu system a Xen host.
import { NO_INIT_SCRIPT, type PackageDefinition, type PackageFile } from '../definition.ts';
import { recipeOf, sameVersion, type PackageInput } from './input.ts';

/** Recipes whose packages every host has. */
const HOST_RECIPES = ['xen', 'openvswitch', 'storage'];

/** Modules that the host loads; that the file is there says that the package is installed and not only configured. */
const MODULES = '/usr/lib/modules-load.d/xcp-host.conf';

/** Says which toolstack there is. */
const APPLIANCE = '/usr/lib/kronos/appliance.json';

/** What every host needs. */
export function defineHost(input: PackageInput): PackageDefinition {
  const recipes = HOST_RECIPES.map((name) => recipeOf(input, name));
  const modules = recipes.flatMap((recipe) => recipe.modules);
  // Consoles stay as the system has them: its own getty may be on the line that an appliance gives to Xen.
  const memory = recipes
    .flatMap(({ xenArguments }) => xenArguments)
    .filter((word) => word.startsWith('dom0_mem='))
    .join(' ');
  return {
    name: 'xcp-host',
    summary: 'what every Xen host needs: hypervisor, switch, storage, boot order',
    description: [
      'Xen, Open vSwitch and the storage tools of a virtualization host, and what ties them to the system: Xen becomes the entry that starts, the running network is taken over into a host file at installation and moved to Open vSwitch at the next start. Installing it asks nothing and leaves the running network as it is; removing it gives back network and boot order.',
      'Install xcp-xl or xcp-xapi, which choose the toolstack and bring this package along.',
    ],
    relations: {
      depends: [
        ...[sameVersion(input, 'kronos-firstboot'), 'kmod'],
        ...recipes.flatMap((recipe) => recipe.packages),
      ],
      recommends: ['xcp-xl | xcp-xapi', 'grub2-common'],
    },
    files: [
      { path: MODULES, mode: 0o644, text: `${modules.join('\n')}\n` },
      {
        path: '/etc/default/grub.d/kronos.cfg',
        mode: 0o644,
        text: input.text('grub.cfg.hbs', { marker: MODULES, memory }),
      },
    ],
    units: [],
    actions: { grub: true, adopt: true, follows: APPLIANCE },
    purge: ['/etc/kronos', '/var/lib/kronos', '/var/log/kronos'],
    licences: [],
  };
}

/** The host with Xen's own toolstack. */
export function defineXl(input: PackageInput): PackageDefinition {
  return {
    name: 'xcp-xl',
    summary: 'Xen host with the toolstack xl',
    description: [
      'Turns this system into a Xen host that is managed with xl, the toolstack of Xen itself. After the installation kronos-firstboot plan says what the next start will do; that start brings Xen, with the same addresses on a bridge of Open vSwitch.',
    ],
    relations: {
      depends: [sameVersion(input, 'xcp-host')],
      conflicts: ['xcp-xapi'],
      replaces: ['xcp-xapi'],
    },
    files: [appliance(input, 'xl', [])],
    units: [],
    actions: { adopt: true, toolstack: true },
    purge: [],
    licences: [],
  };
}

/** What xapi calls on a Debian system, besides its own packages and those of every host. */
const XAPI_TOOLS = [
  // xcp-networkd knows no other client, and wants the other two even where Open vSwitch switches.
  ...['isc-dhcp-client', 'bridge-utils', 'ethtool'],
  ...['stunnel4', 'dmidecode', 'openssl', 'libpam-modules', 'dbus'],
  // Without it every storage driver is refused, in silence.
  'python3-bitarray',
];

/** The host with XenServer's and XCP's toolstack; its packages come from a repository that the operator has. */
export function defineXapi(input: PackageInput): PackageDefinition {
  const recipe = recipeOf(input, 'xapi');
  const files: PackageFile[] = recipe.files.map(({ path, mode, source, text }) => ({
    // What an image has as the administrator's own is the package's here.
    path: path.replace(/^\/etc\/systemd\/system\//, '/usr/lib/systemd/system/'),
    ...{ mode, source, text },
  }));
  return {
    name: 'xcp-xapi',
    summary: 'Xen host with the toolstack xapi',
    description: [
      'Turns this system into a Xen host that is managed through XenAPI, alone or in a pool. This package has what ties the daemons of xapi to Debian: their order, what they need before their first start, names of network cards, hotplug of guests.',
      'The daemons themselves are not in Debian: xapi-core, xenopsd-xc, xcp-networkd and others come from a repository of your own, under the names that their authors gave them.',
    ],
    relations: {
      depends: [sameVersion(input, 'xcp-host'), ...recipe.packages, ...XAPI_TOOLS],
      conflicts: ['xcp-xl'],
      replaces: ['xcp-xl'],
    },
    files: [
      ...files,
      own(input, '/usr/lib/systemd/system/xendomains.service.d/10-kronos.conf', 'xendomains.conf'),
      own(input, '/usr/lib/udev/rules.d/xen-backend.rules', 'xen-backend.rules'),
      own(input, '/etc/xenopsd-xc.conf.d/10-kronos.conf', 'xenopsd.conf'),
      appliance(input, 'xapi', ['xapi']),
    ],
    units: recipe.units.map((name) => ({ name })),
    actions: { adopt: true, toolstack: true },
    purge: [],
    purgeUnowned: input.xapiPaths,
    licences: [],
    exceptions: [NO_INIT_SCRIPT],
  };
}

function own(input: PackageInput, path: string, name: string): PackageFile {
  return { path, mode: 0o644, text: input.text(name) };
}

/** What our programs on the host read: which toolstack there is, and what must hold. */
function appliance(
  input: PackageInput,
  toolstack: 'xl' | 'xapi',
  more: readonly string[],
): PackageFile {
  const recipes = [...HOST_RECIPES, ...more].map((name) => recipeOf(input, name));
  const text = {
    version: input.version,
    edition: 'packages',
    summary: `Xen host by packages, toolstack ${toolstack}`,
    toolstack: { name: toolstack, reason: `the package xcp-${toolstack} is installed` },
    recipes: recipes.map(({ name, summary, layer }) => ({ name, summary, layer })),
    checks: recipes.flatMap((recipe) =>
      recipe.checks.map((check) => ({ ...check, recipe: recipe.name })),
    ),
  };
  return {
    path: APPLIANCE,
    mode: 0o644,
    text: `${JSON.stringify(text, undefined, 2)}\n`,
  };
}
