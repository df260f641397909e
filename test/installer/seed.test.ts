// Seeds and config drives: the first that brings a host file; what is meant for others is passed over.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { formatUserData } from '../../src/host/user-data.ts';
import { findSeed } from '../../src/installer/seed.ts';
import { temporaryDirectory } from '../temporary.ts';

/** Volumes by label: what is on each appears at the place where it is mounted. */
async function scene(
  t: ExecutionContext,
  volumes: Readonly<Record<string, Readonly<Record<string, string>>>>,
) {
  const place = join(await temporaryDirectory(t), 'seed');
  const calls: string[] = [];
  const labels = Object.keys(volumes);
  const blockdevices = labels.map((label, index) => ({ path: `/dev/sr${index}`, label }));
  const run = async (argv: readonly string[]): Promise<{ stdout: string }> => {
    if (argv[0] === 'lsblk') return { stdout: JSON.stringify({ blockdevices }) };
    calls.push(argv.join(' ').replace(place, 'PLACE'));
    if (argv[0] !== 'mount') return { stdout: '' };
    const label = labels.find((_label, index) => argv.includes(`/dev/sr${index}`)) ?? '';
    for (const [path, text] of Object.entries(volumes[label] ?? {})) {
      await mkdir(dirname(join(place, path)), { recursive: true });
      await writeFile(join(place, path), text);
    }
    return { stdout: '' };
  };
  return { calls, found: await findSeed({ run, place }) };
}

const DRIVE = { 'openstack/latest/user_data': formatUserData('from the drive\n') };

test('a seed of NoCloud, whatever the letters of its label', async (t) => {
  const seed = { 'user-data': formatUserData('from the seed\n'), 'meta-data': '{}' };
  for (const label of ['cidata', 'CIDATA']) {
    const { found, calls } = await scene(t, { 'config-2': DRIVE, [label]: seed });
    t.deepEqual(found, { name: 'user-data on /dev/sr1', text: 'from the seed\n' });
    t.deepEqual(calls, ['mount -o ro,nosuid,nodev,noexec /dev/sr1 PLACE', 'umount PLACE']);
  }
});

test('a config drive', async (t) => {
  const { found } = await scene(t, { 'config-2': DRIVE });
  t.deepEqual(found, {
    ...{ name: 'openstack/latest/user_data on /dev/sr0', text: 'from the drive\n' },
  });
});

test('user-data for another system is passed over, and said', async (t) => {
  const { found, calls } = await scene(t, {
    cidata: { 'user-data': '#cloud-config\npackages: &a [nginx]\n' },
    'config-2': { 'openstack/latest/user_data': '#!/bin/sh\necho hello\n' },
  });
  const reason = typeof found === 'string' ? found : '';
  t.regex(reason, /^user-data on \/dev\/sr0: .*anchor/);
  t.regex(reason, /; openstack\/latest\/user_data on \/dev\/sr1 brings no host file$/);
  t.is(calls.filter((call) => call === 'umount PLACE').length, 2);
  const empty = await scene(t, { cidata: {} });
  t.is(empty.found, '/dev/sr0 has no file user-data');
  t.is((await scene(t, {})).found, 'there is none');
});
