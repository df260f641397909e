// Disks as answer files name them: by names below /dev, never by what they are.
import type { ImportWork } from './definition.ts';
import { quote, type Placed } from './report.ts';

/** Names of partitions of all the kinds that Linux has. */
const PARTITION =
  /^\/dev\/(?:(?:sd|hd|vd|xvd)[a-z]+\d+|(?:nvme\d+n\d+|mmcblk\d+|md\d+)p\d+|disk\/by-[a-z-]+\/.*-part\d+|disk\/by-(?:partuuid|partlabel|uuid|label)\/.*)$/;

/**
 * The path below /dev that a text means, and notes how far it can be relied upon. Undefined, and a mistake, where it
 * means no disk.
 */
export function readDiskName(text: string, at: Placed, work: ImportWork): string | undefined {
  if (text.startsWith('iscsi:')) return readIscsi(text, at, work);
  const path = text.startsWith('/dev/') ? text : `/dev/${text}`;
  const wrong = whyNotDisk(text, path);
  if (wrong !== undefined) {
    work.report.mistake('input/wrong-value', `${at.subject}: ${quote(text)} ${wrong}`, {
      at,
      hint: 'name a whole disk, such as sda or /dev/disk/by-id/...',
    });
    return undefined;
  }
  noteStability(path, at, work);
  return path;
}

/** The path, without a word about it; for names that only compare with others. */
export function diskPath(text: string): string {
  return text.startsWith('/dev/') ? text : `/dev/${text}`;
}

function whyNotDisk(text: string, path: string): string | undefined {
  if (text === '') return 'names no disk';
  if (!/^[^\s\p{Cc}]+$/u.test(text)) return 'has white space in it';
  if (/[*?$]/.test(text)) return 'has a character that stands for others in a host file';
  if (path.split('/').some((part, i) => i > 1 && (part === '' || part === '.' || part === '..'))) {
    return 'is no name below /dev';
  }
  if (PARTITION.test(path)) return 'names a partition';
  return undefined;
}

function noteStability(path: string, at: Placed, work: ImportWork): void {
  const { report } = work;
  if (path.startsWith('/dev/disk/by-')) {
    report.kept(at, `the disk is ${path}`);
  } else if (path.startsWith('/dev/mapper/') || path.startsWith('/dev/md')) {
    report.changed(
      at,
      `the disk is ${path}, which stands on others; Kronos takes whole disks that nothing stands on`,
      'name the disk itself by wwn or serial, as kronos host inventory shows them',
    );
  } else {
    report.changed(
      at,
      `the disk is ${path}, but such names can change with every start and every kernel`,
      'write serial or wwn in place of path, as kronos host inventory shows them, and try it with kronos host match',
    );
  }
}

/** `iscsi:SERVER:PROTOCOL:PORT:LUN:TARGET` of RFC 4173 as the link that udev makes. */
function readIscsi(text: string, at: Placed, work: ImportWork): string | undefined {
  const [, server = '', port = '', lun = '', target = ''] =
    /^iscsi:([\w.-]+|\[[0-9A-Fa-f:]+\]):(?:6|tcp)?:(\d{0,5}):([0-9A-Fa-f]{0,4}):([\w.:-]+)$/.exec(
      text,
    ) ?? [];
  if (target === '') {
    work.report.mistake(
      'input/wrong-value',
      `${at.subject}: expected iscsi:SERVER:PROTOCOL:PORT:LUN:TARGET, found ${quote(text)}`,
      { at, hint: 'RFC 4173 says what the parts are' },
    );
    return undefined;
  }
  const path = `/dev/disk/by-path/ip-${server.replace(/^\[|\]$/g, '')}:${port || '3260'}-iscsi-${target}-lun-${String(parseInt(lun || '0', 16))}`;
  work.report.changed(
    at,
    `the disk is ${path}, an iSCSI disk that the firmware has to offer; Kronos logs in to no target itself`,
    'look with kronos host inventory whether the disk is there, and name it by serial or wwn',
  );
  return path;
}
