import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { attachRepository } from '../../../src/firstboot/xapi/attach.ts';
import {
  chooseLun,
  parseLuns,
  type LocalFacts,
  type Repository,
} from '../../../src/firstboot/xapi/repositories.ts';
import { socketDoor } from '../../../src/xenapi/door.ts';
import { LOCAL, openSession } from '../../../src/xenapi/session.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { Lab } from '../../xapi-simulator/lab.ts';
import { listen } from '../../xapi-simulator/server.ts';
import { NOTHING } from '../../xapi-simulator/storage.ts';

const { signal } = new AbortController();

const DEVICE = '/dev/disk/by-id/wwn-0x5000';

const WORLD = {
  ...NOTHING,
  devices: new Set([DEVICE]),
  nfsServers: new Set(['nas']),
  smbServers: new Set([String.raw`\\nas\vm`]),
};

const EMPTY: LocalFacts = { paths: [DEVICE], holds: [] };

const LOCAL_LVM: Repository = { type: 'lvm', name: 'local', disks: ['system'] };
const SHARED: Repository = {
  type: 'nfs',
  name: 'shared',
  server: 'nas',
  path: '/xen',
  shared: true,
};

async function makeHost(t: ExecutionContext) {
  const nics = [{ device: 'eth0', mac: '52:54:00:00:00:01' }];
  const host = new Lab(100).add({ address: '10.0.0.5', nics, world: WORLD });
  const socket = await listen(host, 'unix', join(await temporaryDirectory(t), 'xapi'));
  t.teardown(socket.close);
  const session = await openSession(socketDoor(String(socket.at)), LOCAL, signal);
  const uuid = host.xapi.database.get('host', host.xapi.host)['uuid'] as string;
  const attach = (repository: Repository, local?: LocalFacts, password?: string) =>
    attachRepository(session, { uuid, repository, local, password, note: () => undefined });
  return { host, database: host.xapi.database, session, attach };
}

test('an empty disk becomes a repository once, and a second run makes no write', async (t) => {
  const { host, database, attach } = await makeHost(t);
  const sr = await attach(LOCAL_LVM, EMPTY);
  t.like(database.get('SR', sr), { name_label: 'local', type: 'lvm', shared: false });
  const before = host.xapi.writes;
  t.is(
    await attach({ ...LOCAL_LVM, name: 'renamed' }, EMPTY),
    sr,
    'known by its disk, not its name',
  );
  t.is(host.xapi.writes, before);
});

test('a repository that is unplugged is plugged in', async (t) => {
  const { database, session, attach } = await makeHost(t);
  const sr = await attach(SHARED);
  const [pbd = ''] = database.get('SR', sr)['PBDs'] as string[];
  await session.call('PBD.unplug', [pbd]);
  t.is(await attach(SHARED), sr);
  t.true(database.get('PBD', pbd)['currently_attached']);
  t.is(database.records('SR').size, 1);
});

test('what is on the disks of a host that was installed again is taken over, also after a cut', async (t) => {
  const { database, session, attach } = await makeHost(t);
  const uuid = '5c0d2b3a-0000-4000-8000-00000000000a';
  const local = { paths: [DEVICE], group: `VG_XenStorage-${uuid}`, holds: ['LVM2_member'] };
  // The cut came between SR.introduce and PBD.create.
  await session.call('SR.introduce', [uuid, 'local', '', 'lvm', 'user', false, {}]);
  const sr = await attach(LOCAL_LVM, local);
  t.is(database.get('SR', sr)['uuid'], uuid);
  t.is(database.records('SR').size, 1);
  const [pbd = ''] = database.get('SR', sr)['PBDs'] as string[];
  t.like(database.get('PBD', pbd), { currently_attached: true, device_config: { device: DEVICE } });
});

test('a disk that holds anything else is not written to', async (t) => {
  const { database, attach } = await makeHost(t);
  for (const [local, what] of [
    [{ paths: [DEVICE], holds: ['ext4'] }, /hold ext4;/],
    [{ paths: [DEVICE], group: 'data', holds: ['LVM2_member'] }, /hold the volume group data;/],
  ] as const) {
    const error = await t.throwsAsync(
      attach(LOCAL_LVM, { ...local, holds: [...local.holds], paths: [...local.paths] }),
      {
        code: 'host/storage-not-empty',
      },
    );
    t.regex(error.message, what);
  }
  t.is(database.records('SR').size, 0);
});

test('passwords are references to the store of secrets, and what drivers refuse is told', async (t) => {
  const { database, attach } = await makeHost(t);
  const smb: Repository = {
    ...{ type: 'smb', name: 'files', server: 'nas', share: 'vm', shared: true },
    ...{ user: 'xen', password: 'canary-secret' },
  };
  const sr = await attach(smb, undefined, 'canary-secret');
  const [pbd = ''] = database.get('SR', sr)['PBDs'] as string[];
  t.notRegex(JSON.stringify(database.get('PBD', pbd)), /canary-secret/);
  const error = await t.throwsAsync(attach({ ...SHARED, server: 'elsewhere' }), {
    code: 'host/xapi-refused',
  });
  t.regex(
    error.message,
    /attaching the storage repository shared: xapi says SR_BACKEND_FAILURE_108/,
  );
});

test('of the volumes of a target the one that is meant is taken', (t) => {
  const xml = `<?xml version="1.0" ?><iscsi-target><LUN><vendor>LIO</vendor><LUNid>0</LUNid><size>1</size><SCSIid>36001405a</SCSIid></LUN>
    <LUN><LUNid> 1 </LUNid><SCSIid> 36001405b </SCSIid></LUN></iscsi-target>`;
  const luns = parseLuns(xml);
  t.deepEqual(luns, [
    { id: 0, scsiId: '36001405a' },
    { id: 1, scsiId: '36001405b' },
  ]);
  const repository = {
    ...{ type: 'iscsi', name: 'san', iqn: 'iqn.2020-01.net.example:san', multipath: false },
    targets: [],
  } as Extract<Repository, { type: 'iscsi' }>;
  t.is(chooseLun({ ...repository, lun: 1 }, luns), '36001405b');
  t.is(chooseLun(repository, luns.slice(0, 1)), '36001405a');
  const error = t.throws(() => chooseLun(repository, luns), { code: 'host/no-such-lun' });
  t.regex(error.message, /offers the volumes 0 \(36001405a\), 1 \(36001405b\)/);
});
