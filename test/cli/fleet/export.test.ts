// kronos fleet export as a person calls it.
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../../../src/common/process.ts';
import { PROGRAM } from '../../builder/faults/kronos.ts';
import { FLEET, makeRelease } from '../../fleet/export/fixture.ts';
import { temporaryDirectory } from '../../temporary.ts';

test('it writes, and tells what is secret and what to run', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'rack.yaml'), FLEET);
  const release = ['--image', await makeRelease(t), '--url', 'http://192.0.2.1/kronos'];
  const call = (...more: string[]) =>
    run([process.execPath, PROGRAM, 'fleet', 'export', 'rack.yaml', ...release, ...more], {
      ...{ cwd: directory, accept: [0, 2] },
    });
  const { stdout } = await call('--for', 'ironic', '--out', 'export');
  t.is(
    stdout.trimEnd(),
    [
      '2 hosts of rack-7 for ironic, Kronos 0.1.0 debian-13 (xl): 6 files in export',
      '3 of them are for the owner only (mode 0600): host files with their secrets, logins',
      'look at export/ironic/commands.sh, then run it',
    ].join('\n'),
  );
  t.is((await stat(join(directory, 'export/ironic/commands.sh'))).mode & 0o777, 0o755);
  const json = await call('--for', 'tinkerbell', '--out', 'x', '--host', 'xen01', '--json');
  t.like(JSON.parse(json.stdout), { error: { code: 'input/export-source' } });
  const bad = await call('--for', 'maas', '--out', 'x', '--coordinator', 'blue');
  t.regex(bad.stderr, /^error input\/bad-option: .*POOL=ADDRESS,SHA256/);
  t.is(bad.exitCode, 2);
});
