import { execFileSync } from 'node:child_process';
import test from 'ava';
import { mountUnit, planMount, unitName } from '../../../src/firstboot/storage/mount.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { compareWithGolden } from '../../golden.ts';

const TEXT = `version: 1
hostname: xen01
root: { passwordHash: "!" }
disks: { system: { match: { serial: S1 } } }
network: { management: { interface: { match: { name: eth0 } } } }
storage:
  - { type: ext, name: local-files, disks: [system] }
  - { type: nfs, name: shared, server: "2001:db8::1", path: /export/xen, version: "4.1" }
  - { type: iso, name: images, location: "nas:/export/iso" }
  - { type: iso, name: here, location: /srv/iso }
  - { type: smb, name: files, server: nas, share: "vm 100%", user: xen, password: canary-secret }
  - { type: iso, name: discs, location: //nas/iso }
`;

test('units of repositories that are directories', async (t) => {
  const { hostFile } = await parseHostFile(TEXT, 'host.yaml');
  const units = hostFile.storage.flatMap((repository) => {
    if (repository.type === 'lvm' || repository.type === 'iscsi') return [];
    const mount = planMount(repository, 'VG_XenStorage-local-files');
    return [`## ${mount.unit}\n${mountUnit(mount)}`];
  });
  await compareWithGolden(t, import.meta.url, 'units.txt', units.join('\n'));
});

test('units are called as systemd calls them', (t) => {
  const escape = (path: string): string | undefined => {
    try {
      return execFileSync('systemd-escape', ['--path', '--suffix=mount', path], {
        encoding: 'utf8',
      }).trim();
    } catch {
      return undefined;
    }
  };
  t.is(unitName('local-files_2'), String.raw`srv-xen-local\x2dfiles_2.mount`);
  const theirs = escape('/srv/xen/local-files_2');
  if (theirs === undefined) t.log('systemd-escape is not here: not compared');
  else t.is(unitName('local-files_2'), theirs);
});
