// iSCSI targets of storage repositories on xl: what iscsiadm is told, and which disk of a session is meant.
import { isIPv6 } from 'node:net';
import { KronosError } from '../../common/error.ts';
import type { HostFile } from '../../host/schema/host-file.ts';

export type IscsiRepository = Extract<HostFile['storage'][number], { type: 'iscsi' }>;

/** A disk that a session brought. */
export interface SessionDisk {
  /** Name of the target. */
  target: string;
  lun: number;
  /** The kernel's name, for example sdb. */
  name: string;
  /** Names below /dev/disk/by-id, without directory. */
  ids: readonly string[];
}

/** The portals as iscsiadm takes them. */
export function portalsOf({ targets }: IscsiRepository): string[] {
  return targets.map(
    ({ address, port }) => `${isIPv6(address) ? `[${address}]` : address}:${port}`,
  );
}

/** Commands that make the record of a portal; its password is written into the record, never said. */
export function recordCommands({ iqn, chap }: IscsiRepository, portal: string): string[][] {
  const node = ['iscsiadm', '--mode', 'node', '--targetname', iqn, '--portal', portal];
  const set = (name: string, value: string): string[] => [
    ...[...node, '--op', 'update', '--name', name, '--value', value],
  ];
  return [
    [...node, '--op', 'new'],
    // First boot logs in at every start; open-iscsi's own unit does not run.
    set('node.startup', 'manual'),
    ...(chap === undefined
      ? []
      : [
          set('node.session.auth.authmethod', 'CHAP'),
          set('node.session.auth.username', chap.user),
        ]),
  ];
}

/** The record with the password in it. */
export function withPassword(record: string, password: string): string {
  const name = 'node.session.auth.password';
  const lines = record.split('\n').filter((line) => !line.startsWith(`${name} =`));
  const at = lines.findIndex((line) => line.startsWith('node.session.auth.username'));
  lines.splice(at < 0 ? lines.length : at + 1, 0, `${name} = ${password}`);
  return lines.join('\n');
}

export function loginCommand({ iqn }: IscsiRepository, portal: string): string[] {
  return ['iscsiadm', '--mode', 'node', '--targetname', iqn, '--portal', portal, '--login'];
}

/**
 * The disks that are the repository's volume: one, or with multipath one for each way. Errors: `host/iscsi-volume` with what
 * the target shows.
 */
export function chooseVolume(
  repository: IscsiRepository,
  disks: readonly SessionDisk[],
): SessionDisk[] {
  const { iqn, lun, scsiId, name } = repository;
  const there = disks.filter(({ target }) => target === iqn);
  const chosen = there.filter(
    (disk) =>
      (lun === undefined || disk.lun === lun) &&
      (scsiId === undefined || disk.ids.some((id) => id.endsWith(scsiId))),
  );
  const luns = [...new Set(chosen.map((disk) => disk.lun))];
  if (luns.length === 1) return chosen;
  const shown = there.map((disk) => `${disk.lun} (${disk.ids[0] ?? disk.name})`).join(', ');
  throw new KronosError(
    'host/iscsi-volume',
    `${luns.length === 0 ? 'no volume' : `${luns.length} volumes`} of ${iqn} ${luns.length === 0 ? 'is' : 'are'} what storage ${name} names; the target shows ${shown === '' ? 'none' : shown}`,
    {
      hint: 'name one with lun or scsiId in /etc/kronos/host.yaml, or let the target show it to this host',
    },
  );
}
