// The root of an answer file and what only upgrades and restores have.
import type { AnswerElement, ElementDefinition, ImportWork } from '../definition.ts';
import { attributeOf, choice, truth } from '../values.ts';

const ROOTS = ['installation', 'restore'];

const NOTHING_TO_SWITCH_OFF =
  'a Kronos image holds only packages whose digests its lock names, and nothing switches that off';

const installation: ElementDefinition = {
  name: 'installation',
  aliases: ['upgrade'],
  parents: [],
  content: 'elements',
  values: 'the elements of an installation',
  default: 'mandatory',
  meaning: 'An installation; `<upgrade>` is another name for it and does not mean an upgrade.',
  becomes: 'the host file',
  attributes: [
    {
      name: 'mode',
      values: 'fresh, reinstall or upgrade',
      default: 'fresh',
      meaning:
        'Fresh and reinstall write the disk anew; upgrade keeps what is configured. The backup that reinstall promises is never made.',
      becomes: 'fresh and reinstall: a host file; upgrade is refused (`input/answer-mode`)',
    },
    {
      name: 'sr-type',
      aliases: ['srtype'],
      values: 'lvm, ext or largeblock',
      default: 'XenServer: lvm; XCP-ng: ext',
      meaning: 'Type of the local storage repository: lvm is thick, ext is thin.',
      becomes: '`storage[].type`; largeblock becomes ext',
    },
    {
      name: 'repo-gpgcheck',
      values: 'true or false',
      default: 'true',
      meaning: 'Signatures of package lists are checked.',
      becomes: 'nothing: they always are, when an image is built',
      only: 'xcp-ng',
    },
    {
      name: 'gpgcheck',
      values: 'true or false',
      default: 'true',
      meaning: 'Signatures of packages are checked.',
      becomes: 'nothing: their digests always are',
      only: 'xcp-ng',
    },
  ],
  read: readInstallation,
};

function readInstallation(element: AnswerElement, work: ImportWork): void {
  const { report } = work;
  readMode(element, work);
  readGpgChecks(element, work);
  report.kept(element, 'an answer file; a host file says the same things');
}

function readMode(element: AnswerElement, work: ImportWork): void {
  const { report } = work;
  const attribute = attributeOf(element, 'mode');
  const upgradeRoot = element.subject === '<upgrade>';
  const mode =
    attribute === undefined
      ? 'fresh'
      : choice(attribute, attribute.value, ['fresh', 'reinstall', 'upgrade'], work);
  if (mode === 'upgrade') {
    report.mistake(
      'input/answer-mode',
      'this is an upgrade: it changes the host that is on the disk, and a host file describes a new one',
      {
        at: attribute ?? element,
        hint: 'write mode="fresh" with <primary-disk>, <admin-interface> and the rest, then let kronos-install reinstall the host',
      },
    );
  } else if (upgradeRoot) {
    report.mistake(
      'input/answer-mode',
      'the root <upgrade> without mode="upgrade" installs afresh and erases the disk, which is hardly what was meant',
      { at: element, hint: 'write <installation> if a new host is wanted' },
    );
  }
  if (attribute === undefined || mode === undefined || mode === 'upgrade') return;
  if (mode === 'fresh') report.kept(attribute, 'a host file describes a new host');
  else
    report.changed(
      attribute,
      'reinstall means a new host here; the installers promise a backup of the old one but never make it',
      'save what is needed from the old host first',
    );
}

/** Notes for the two switches of signature checks. */
export function readGpgChecks(element: AnswerElement, work: ImportWork): void {
  for (const name of ['repo-gpgcheck', 'gpgcheck']) {
    const attribute = attributeOf(element, name);
    if (attribute === undefined) continue;
    if (truth(attribute, true, work)) work.report.kept(attribute, NOTHING_TO_SWITCH_OFF);
    else
      work.report.lost(
        attribute,
        `checks were switched off; ${NOTHING_TO_SWITCH_OFF}`,
        'nothing is needed',
      );
  }
}

const restore: ElementDefinition = {
  name: 'restore',
  parents: [],
  content: 'elements',
  values: 'the elements of a restore',
  default: '',
  meaning: 'Puts the backup that an upgrade made back onto the disk.',
  becomes: 'refused (`input/answer-mode`)',
  attributes: [],
  read: (element, { report }) => {
    report.mistake(
      'input/answer-mode',
      'this restores a backup of XenServer or XCP-ng, which only their own installer can',
      {
        at: element,
        hint: 'boot that installer; for a host with Kronos, write an answer file with <installation>',
      },
    );
  },
};

const existingInstallation: ElementDefinition = {
  name: 'existing-installation',
  parents: ['installation'],
  content: 'text',
  values: 'a disk',
  default: 'mandatory for upgrades',
  meaning: 'The disk with the host that is upgraded.',
  becomes: 'nothing: upgrades are refused',
  attributes: [
    {
      name: 'fs-type',
      values: 'ext3 or ext4',
      default: 'ext4',
      meaning: 'File system of the upgraded host.',
      becomes: 'nothing',
      only: 'xenserver',
    },
  ],
  read: (element, { report }) => {
    report.cover(attributeOf(element, 'fs-type'));
    report.lost(
      element,
      'it names the host that an upgrade changes; a host file describes a new one',
      'nothing is needed for a new host',
    );
  },
};

const backupDisk: ElementDefinition = {
  name: 'backup-disk',
  parents: ['restore'],
  content: 'text',
  values: 'a disk',
  default: 'the one that has a backup',
  meaning: 'The disk with the backup that is restored.',
  becomes: 'nothing: restores are refused',
  attributes: [],
  read: (element, { report }) => {
    report.lost(
      element,
      'it names the backup that a restore puts back',
      'nothing is needed for a new host',
    );
  },
};

const uiConfirmationPrompt: ElementDefinition = {
  name: 'ui-confirmation-prompt',
  parents: ROOTS,
  content: 'text',
  values: 'true or false',
  default: 'false',
  meaning: 'Asks before the disk is erased. Both installers take any text for true, also `false`.',
  becomes: 'nothing: boot without a host file to be asked, or use `approve`',
  attributes: [],
  read: (element, { report }) => {
    if (element.text === '') {
      report.kept(element, 'it is empty, so nobody is asked');
      return;
    }
    const word = element.text.toLowerCase();
    const trap = ['true', 'yes'].includes(word)
      ? ''
      : '; any text means true to the installers, this one too';
    report.lost(
      element,
      `the installation asks before it erases a disk${trap}`,
      'run kronos-install without a host file to be asked, or write approve: DIGEST so that only a plan you have seen is carried out',
    );
  },
};

/** In the order in which they are read. */
export const ROOT_ELEMENTS: readonly ElementDefinition[] = [
  installation,
  restore,
  uiConfirmationPrompt,
  existingInstallation,
  backupDisk,
];
