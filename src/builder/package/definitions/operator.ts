// kronos and kronos-archive-keyring: what an operator's own machine has.
import type { PackageDefinition } from '../definition.ts';
import { programOf, type PackageInput } from './input.ts';

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
      suggests: ['rpm', 'gnupg'],
    },
    files: [
      ...input.operator.files,
      { path: '/usr/bin/kronos', mode: 0o755, text: input.text('command.hbs', { program }) },
      ...(input.manuals.get('kronos') ?? []),
    ],
    units: [],
    actions: {},
    purge: [],
    licences: [
      ...input.operator.licences,
      ...[...input.programs.keys()].map((name) => programOf(input, name).licences),
    ],
  };
}

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
      { path: '/usr/share/keyrings/kronos-archive-keyring.pgp', mode: 0o644, source: keyring },
    ],
    units: [],
    actions: {},
    purge: [],
    licences: [],
  };
}
