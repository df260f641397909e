// The local storage repository, once the disks are known.
import type { ImportWork } from '../definition.ts';
import { attributeOf, choice } from '../values.ts';

/**
 * Decides the type of the storage repository, once the disks are known. An answer file without sr-type means another
 * one with each installer.
 */
export function readRepositoryType(work: ImportWork): void {
  const { root, report, draft, dialect } = work;
  const attribute = attributeOf(root, 'sr-type');
  const none = draft.system?.guestStorage !== true && draft.guestDisks.length === 0;
  if (attribute !== undefined) {
    const type = choice(attribute, attribute.value, ['lvm', 'ext', 'largeblock'], work);
    if (type === undefined) return;
    if (none)
      report.lost(attribute, 'no disk is given to a storage repository', 'nothing is needed');
    else if (type === 'largeblock')
      report.changed(
        attribute,
        'largeblock is a type of XCP-ng for disks with sectors of 4 KiB; the repository is ext here',
        'look whether ext takes the disk: kronos host plan',
      );
    else report.kept(attribute, `the storage repository is of type ${type}`);
    draft.repository = type === 'lvm' ? 'lvm' : 'ext';
  } else if (!none) {
    draft.repository = dialect === 'xenserver' ? 'lvm' : 'ext';
    if (dialect === undefined)
      report.remark(
        'changed',
        root,
        'there is no sr-type, and nothing tells which installer the file is for: XenServer takes lvm, XCP-ng ext; XCP-ng is assumed',
        'say which with --dialect xenserver or --dialect xcp-ng',
      );
    else
      report.remark(
        'kept',
        root,
        `there is no sr-type: ${draft.repository}, as ${dialect === 'xenserver' ? 'XenServer' : 'XCP-ng'} takes it`,
      );
  }
}
