import test from 'ava';
import {
  groupCommands,
  parseVolumes,
  planGroup,
  type PhysicalVolume,
} from '../../../src/firstboot/storage/volume-group.ts';

const OWN: PhysicalVolume = {
  device: '/dev/sdb',
  group: 'VG_XenStorage-local',
  tags: ['kronos.repository=local', 'mine'],
};

function plan(devices: string[], volumes: PhysicalVolume[], holds: Record<string, string[]> = {}) {
  return planGroup('local', devices, volumes, new Map(Object.entries(holds)));
}

test('empty devices become a group in one command, tag and all', (t) => {
  const made = plan(['/dev/sdb', '/dev/sdc'], []);
  t.is(made.action, 'create');
  t.deepEqual(groupCommands(made, 'local'), [
    [
      ...['vgcreate', '--quiet', '--yes', '--addtag', 'kronos.repository=local'],
      ...['VG_XenStorage-local', '/dev/sdb', '/dev/sdc'],
    ],
  ]);
});

test('a group is known by its tag on the disk, whatever its name is', (t) => {
  const renamed = { ...OWN, group: 'renamed' };
  const holds = { '/dev/sdb': ['LVM2_member'] };
  t.deepEqual(plan(['/dev/sdb'], [renamed], holds), {
    ...{ group: 'renamed', action: 'none', devices: [] },
  });
  const more = plan(['/dev/sdb', '/dev/sdc'], [OWN], holds);
  t.deepEqual(groupCommands(more, 'local'), [
    ['vgextend', '--quiet', '--yes', 'VG_XenStorage-local', '/dev/sdc'],
  ]);
  t.deepEqual(groupCommands(plan(['/dev/sdb'], [OWN], holds), 'local'), []);
});

test('nothing that holds anything is written to', (t) => {
  const foreign = { device: '/dev/sdb', group: 'data', tags: [] };
  const error = t.throws(() => plan(['/dev/sdb'], [foreign], { '/dev/sdb': ['LVM2_member'] }));
  t.is(
    error.message,
    '/dev/sdb holds the volume group data; the storage repository local needs it empty',
  );
  t.throws(() => plan(['/dev/sdb', '/dev/sdc'], [OWN], { '/dev/sdc': ['ext4', 'gpt'] }), {
    code: 'host/storage-not-empty',
    message: /\/dev\/sdc holds ext4, gpt;/,
  });
  // Of another repository.
  t.throws(
    () =>
      plan(['/dev/sdb'], [{ ...OWN, tags: ['kronos.repository=other'] }], {
        '/dev/sdb': ['LVM2_member'],
      }),
    { code: 'host/storage-not-empty' },
  );
});

test('a foreign group of the same name is not touched', (t) => {
  const foreign = { device: '/dev/sdz', group: 'VG_XenStorage-local', tags: [] };
  t.throws(() => plan(['/dev/sdb'], [foreign]), { code: 'host/volume-group-taken' });
});

test('what LVM reports is read', (t) => {
  const report = (pv: unknown): string => JSON.stringify({ report: [{ pv }], log: [] });
  t.deepEqual(
    parseVolumes(
      report([
        {
          pv_name: '/dev/sdb',
          vg_name: 'VG_XenStorage-local',
          vg_tags: 'kronos.repository=local,mine',
        },
        { pv_name: '/dev/sdc', vg_name: '', vg_tags: '' },
      ]),
    ),
    [OWN, { device: '/dev/sdc', group: '', tags: [] }],
  );
  t.deepEqual(parseVolumes(report([])), []);
  t.throws(() => parseVolumes('  WARNING'), { code: 'io/unexpected-output' });
});
