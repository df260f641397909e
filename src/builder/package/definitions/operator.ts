// kronos and kronos-archive-keyring: what an operator's own machine has.
import type { PackageDefinition } from '../definition.ts';
import { commandText, programOf, type PackageInput } from './input.ts';

/** The operator's command. */
export function defineOperator(input: PackageInput): PackageDefinition {
  const program = '/usr/lib/kronos/build/src/cli/main.js';
  return {
    name: 'kronos',
    summary: 'builds bootable, bit-identical Xen appliances from recipes',
    description: [
      'The command of an operator: builds installation media of Xen appliances from recipes and locks, writes, checks and plans host files, imports answer files of XenServer and XCP-ng, tells what keeps hosts out of a pool, and makes packages and repositories of the parts that a host needs.',
      'Building media works as root and, with uidmap, as an ordinary user. What an image is made with comes from its own lock.',
    ],
    relations: {
      depends: ['nodejs (>= 20.19)'],
      recommends: ['apt', 'gpgv', 'uidmap', 'kronos-archive-keyring'],
      suggests: ['rpm', 'gnupg', 'dnsmasq-base', 'openssl'],
    },
    files: [
      ...input.operator.files,
      { path: '/usr/bin/kronos', mode: 0o755, text: commandText(input, program) },
      ...(input.manuals.get('kronos') ?? []),
    ],
    units: [],
    actions: {},
    purge: [],
    licences: [
      ...input.operator.licences,
      ...[...input.programs.keys()].map((name) => programOf(input, name).licences),
    ],
    exceptions: [
      {
        tag: 'extra-license-file',
        context: '[usr/lib/kronos/COPYING]',
        reason: 'kronos package rpm puts it into the packages that it makes.',
      },
      {
        tag: 'repeated-path-segment',
        context: 'kronos [usr/lib/kronos/recipes/kronos/]',
        reason:
          'Recipes are found by the names of their directories, and one is called like the command.',
      },
    ],
  };
}

const KEYRING = '/usr/share/keyrings/kronos-archive-keyring';

/** The key of the repository that the packages are in; undefined where none was named. */
export function defineKeyring({ keyring }: PackageInput): PackageDefinition | undefined {
  if (keyring === undefined) return undefined;
  return {
    name: 'kronos-archive-keyring',
    summary: 'OpenPGP key of the repository that Kronos packages come from',
    section: 'misc',
    description: [
      'The key that signs the repository which this package came from. Sources of apt name it in Signed-By; a new key reaches hosts as a new version of this package.',
    ],
    relations: { depends: [] },
    files: [
      { path: `${KEYRING}.pgp`, mode: 0o644, source: keyring.binary },
      // What rpm takes.
      { path: `${KEYRING}.asc`, mode: 0o644, source: keyring.armoured },
    ],
    units: [],
    actions: {},
    purge: [],
    licences: [],
  };
}
