// Where packages come from, and what else of the software of the host an answer file decides. An image of Kronos is
// finished before it is installed, so most of this belongs into its recipes.
import type {
  AnswerElement,
  AttributeDefinition,
  ElementDefinition,
  ImportWork,
} from '../definition.ts';
import { shownUrl, quote } from '../report.ts';
import { attributeOf, choice, mandatory, textOf, truth } from '../values.ts';
import { readGpgChecks } from './root.ts';

const sourceType: AttributeDefinition = {
  name: 'type',
  values: 'local, url or nfs',
  default: 'mandatory',
  meaning: 'How the packages are reached; local is the installation medium.',
  becomes: 'nothing: an image holds all its packages',
};

const source: ElementDefinition = {
  name: 'source',
  parents: ['installation'],
  content: 'text',
  many: true,
  values: 'nothing for local, a URL (http, https, ftp, file, nfs), or SERVER:/PATH for nfs',
  default: 'mandatory',
  meaning: 'The packages of the host, or a supplemental pack.',
  becomes: 'nothing: packages come with the image; further ones belong into a recipe',
  attributes: [
    sourceType,
    {
      name: 'repo-gpgcheck',
      values: 'true or false',
      default: 'that of the root',
      meaning: 'Signature of this package list is checked.',
      becomes: 'nothing: it always is, when an image is built',
      only: 'xcp-ng',
    },
    {
      name: 'gpgcheck',
      values: 'true or false',
      default: 'that of the root',
      meaning: 'Signatures of these packages are checked.',
      becomes: 'nothing: their digests always are',
      only: 'xcp-ng',
    },
  ],
  read: (element, work) => {
    readGpgChecks(element, work);
    readSource(element, work, 'packages', 'put further packages into a recipe (docs/recipes.md)');
  },
};

const netinstallGpgCheck: ElementDefinition = {
  name: 'netinstall-gpg-check',
  parents: ['installation'],
  content: 'text',
  values: 'true or false',
  default: '',
  meaning: 'Signatures are checked. Documented, but no installer reads it any more.',
  becomes: 'nothing: it had no effect',
  attributes: [],
  read: (element, { report }) => {
    report.lost(
      element,
      'it switched checks of signatures; no installer of today reads it',
      'nothing is needed',
    );
  },
};

const driverSource: ElementDefinition = {
  name: 'driver-source',
  parents: ['installation', 'restore'],
  content: 'text',
  many: true,
  values: 'as <source>',
  default: '',
  meaning: 'A supplemental pack with drivers, loaded by the installer and installed.',
  becomes: 'nothing: drivers come with the image; further ones belong into a recipe',
  attributes: [sourceType],
  read: (element, work) => {
    readSource(element, work, 'drivers', 'put the driver into a recipe (docs/recipes.md)');
  },
};

function readSource(element: AnswerElement, work: ImportWork, what: string, todo: string): void {
  const { report } = work;
  const type = mandatory(element, 'type', work);
  if (type === undefined) return;
  const kind = choice(type, type.value, ['local', 'url', 'nfs'], work);
  report.cover(type, element);
  if (kind === undefined) return;
  if (kind === 'local') {
    report.kept(element, `${what} come from the medium, which holds them all`);
    return;
  }
  const address = textOf(element, work);
  if (address === undefined) return;
  report.lost(element, `${what} came from ${shownUrl(address)}; here they are in the image`, todo);
}

const bootloader: ElementDefinition = {
  name: 'bootloader',
  parents: ['installation'],
  content: 'text',
  values: 'grub2 or nothing',
  default: 'grub2',
  meaning: 'The boot loader; both installers refuse others.',
  becomes: 'nothing: GRUB is always installed',
  attributes: [
    {
      name: 'location',
      values: 'mbr or partition',
      default: 'mbr',
      meaning: 'Where the boot loader goes on machines with BIOS.',
      becomes: 'nothing: it is installed for BIOS and UEFI',
    },
    {
      name: 'write-boot-entry',
      values: 'true or false',
      default: 'true',
      meaning: 'A boot entry is written into the firmware (UEFI).',
      becomes: 'nothing: the installer sees to it',
    },
  ],
  read: readBootloader,
};

function readBootloader(element: AnswerElement, work: ImportWork): void {
  const { report } = work;
  if (element.text === '') report.kept(element, 'GRUB is installed');
  else if (choice(element, element.text, ['grub2'], work) !== undefined)
    report.kept(element, 'GRUB is installed');
  const location = attributeOf(element, 'location');
  if (location !== undefined) {
    const place = choice(location, location.value, ['mbr', 'partition'], work);
    if (place === 'mbr') report.kept(location, 'GRUB is installed for BIOS and UEFI');
    if (place === 'partition')
      report.lost(
        location,
        'the boot loader was to leave the start of the disk alone; here the whole disk is used',
        'start the host from another boot loader by chain-loading its disk',
      );
  }
  const entry = attributeOf(element, 'write-boot-entry');
  if (entry === undefined) return;
  if (truth(entry, true, work)) report.kept(entry, 'the installer sees to the boot entry');
  else
    report.lost(
      entry,
      'the firmware was to keep its boot entries; a host file cannot say that',
      'look at the boot order in the firmware after the installation',
    );
}

const networkBackend: ElementDefinition = {
  name: 'network-backend',
  parents: ['installation'],
  content: 'text',
  values: 'bridge, openvswitch or vswitch',
  default: 'vswitch',
  meaning:
    'What connects guests and network. XCP-ng reads it; XenServer 9 always takes Open vSwitch.',
  becomes: 'nothing: networks are on Open vSwitch',
  attributes: [],
  read: (element, work) => {
    const kind = choice(element, element.text, ['bridge', 'openvswitch', 'vswitch'], work);
    if (kind === 'bridge')
      work.report.lost(
        element,
        'networks were Linux bridges; here they are on Open vSwitch',
        'nothing is needed, unless scripts of yours call brctl or bridge',
      );
    else if (kind !== undefined) work.report.kept(element, 'networks are on Open vSwitch');
  },
};

const drivers: ElementDefinition = {
  name: 'selected-multiversion-drivers',
  parents: ['installation', 'restore'],
  content: 'elements',
  values: '<driver> elements',
  default: '',
  meaning: 'Which variant of a driver is used where there are several.',
  becomes: 'nothing: a kernel has one driver of each name',
  only: 'xenserver',
  attributes: [],
  read: (element, { report }) => {
    report.lost(
      element,
      'variants of drivers were chosen; the kernel of the image has one driver of each name',
      'nothing is needed; where a newer driver is, take a newer kernel (docs/recipes.md)',
    );
  },
};

const driver: ElementDefinition = {
  name: 'driver',
  parents: ['selected-multiversion-drivers'],
  content: 'text',
  many: true,
  values: 'a variant',
  default: 'automatic',
  meaning: 'The variant of one driver.',
  becomes: 'nothing',
  attributes: [
    {
      name: 'name',
      values: 'name of a driver',
      default: 'mandatory',
      meaning: 'The driver.',
      becomes: 'nothing',
    },
  ],
  read: (element, work) => {
    const name = attributeOf(element, 'name');
    work.report.cover(name);
    work.report.lost(
      element,
      `variant ${quote(element.text)} of the driver ${quote(name?.value ?? '')} was chosen`,
      'nothing is needed',
    );
  },
};

const service: ElementDefinition = {
  name: 'service',
  parents: ['installation'],
  content: 'nothing',
  many: true,
  values: '',
  default: '',
  meaning: 'Whether a service starts with the host.',
  becomes: 'nothing: recipes say which services start',
  attributes: [
    {
      name: 'name',
      values: 'a unit of systemd',
      default: 'mandatory',
      meaning: 'The service.',
      becomes: 'nothing',
    },
    {
      name: 'state',
      values: 'enabled or disabled',
      default: 'mandatory',
      meaning: 'Whether it starts.',
      becomes: 'nothing',
    },
  ],
  read: (element, work) => {
    const name = mandatory(element, 'name', work);
    const state = mandatory(element, 'state', work);
    work.report.cover(name, state);
    if (name === undefined || state === undefined) return;
    if (choice(state, state.value, ['enabled', 'disabled'], work) === undefined) return;
    work.report.lost(
      element,
      `the service ${quote(name.value)} was ${state.value}; recipes say which services start`,
      `write it into a recipe (services), or run systemctl ${state.value === 'enabled' ? 'enable' : 'disable'} in a hook of the stage first-boot`,
    );
  },
};

const sshMode: ElementDefinition = {
  name: 'ssh-mode',
  parents: ['installation'],
  content: 'text',
  values: 'on, off or auto',
  default: 'as the packages leave it',
  meaning: 'Whether the SSH server runs; auto: while xapi does not answer.',
  becomes: 'nothing: the SSH server is part of the image',
  only: 'xenserver',
  attributes: [],
  read: (element, work) => {
    const mode = choice(element, element.text, ['on', 'off', 'auto'], work);
    if (mode === 'on') work.report.kept(element, 'the SSH server runs');
    else if (mode !== undefined)
      work.report.lost(
        element,
        `the SSH server was ${mode === 'off' ? 'off' : 'to run only while xapi does not answer'}; in the image it runs`,
        'use an image whose recipes do not start ssh.service, or disable it in a hook of the stage first-boot',
      );
  },
};

/** In the order in which they are read. */
export const SOFTWARE_ELEMENTS: readonly ElementDefinition[] = [
  source,
  netinstallGpgCheck,
  driverSource,
  bootloader,
  networkBackend,
  drivers,
  driver,
  service,
  sshMode,
];
