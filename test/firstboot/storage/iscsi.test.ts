import test from 'ava';
import {
  chooseVolume,
  portalsOf,
  recordCommands,
  withPassword,
  type IscsiRepository,
  type SessionDisk,
} from '../../../src/firstboot/storage/iscsi.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { formatError } from '../../../src/common/error.ts';

const IQN = 'iqn.2020-01.net.example:san';

async function repository(more: string): Promise<IscsiRepository> {
  const text = `version: 1
hostname: xen01
root: { passwordHash: "!" }
disks: { system: { match: { serial: S1 } } }
network: { management: { interface: { match: { name: eth0 } } } }
storage:
  - { type: iscsi, name: san, targets: [{ address: 10.0.0.9 }, { address: "2001:db8::9", port: 3261 }], iqn: "${IQN}"${more} }
`;
  const { hostFile } = await parseHostFile(text, 'host.yaml');
  const [found] = hostFile.storage;
  if (found?.type !== 'iscsi') throw new Error('no iSCSI');
  return found;
}

const disk = (lun: number, name: string, target = IQN): SessionDisk => ({
  ...{ target, lun, name, ids: [`scsi-36001405${lun}`, `wwn-0x6001405${lun}`] },
});

test('portals are written as iscsiadm reads them', async (t) => {
  t.deepEqual(portalsOf(await repository('')), ['10.0.0.9:3260', '[2001:db8::9]:3261']);
});

test('a login is in the record, its password in no command', async (t) => {
  const one = await repository(', chap: { user: xen, password: canary-secret }');
  const words = recordCommands(one, '10.0.0.9:3260').flat();
  t.true(words.includes('CHAP') && words.includes('xen'));
  t.false(words.join(' ').includes('canary'));
  t.false(
    recordCommands(await repository(''), '10.0.0.9:3260')
      .flat()
      .includes('CHAP'),
  );
});

test('a password is written once, behind its user', (t) => {
  const record = '# BEGIN\nnode.name = x\nnode.session.auth.username = xen\n# END\n';
  const once = withPassword(record, 'a = $&');
  t.is(
    once,
    '# BEGIN\nnode.name = x\nnode.session.auth.username = xen\nnode.session.auth.password = a = $&\n# END\n',
  );
  t.is(
    withPassword(once, 'b'),
    once.replace('a = $&', () => 'b'),
  );
});

test('the one volume of a target needs no name; every way to it counts', async (t) => {
  const one = await repository(', multipath: true');
  const ways = [disk(1, 'sdb'), disk(1, 'sdc')];
  t.deepEqual(chooseVolume(one, [disk(7, 'sda', 'iqn.2020-01.net.example:other'), ...ways]), ways);
});

test('a volume is known by number or identifier', async (t) => {
  const there = [disk(1, 'sdb'), disk(2, 'sdc')];
  t.deepEqual(chooseVolume(await repository(', lun: 2'), there), [disk(2, 'sdc')]);
  t.deepEqual(chooseVolume(await repository(', scsiId: "360014051"'), there), [disk(1, 'sdb')]);
});

test('what is not clear is told with what is there', async (t) => {
  const of = async (more: string, there: SessionDisk[]): Promise<string> => {
    const one = await repository(more);
    return formatError(t.throws(() => chooseVolume(one, there)));
  };
  t.regex(
    await of('', [disk(1, 'sdb'), disk(2, 'sdc')]),
    /2 volumes of iqn.*; the target shows 1 \(scsi-360014051\), 2 \(/,
  );
  t.regex(
    await of(', lun: 5', [disk(1, 'sdb')]),
    /no volume of iqn.* is what storage san names; the target shows 1 /,
  );
  t.regex(await of('', []), /the target shows none/);
});
