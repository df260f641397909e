// The program itself, where it finds the files of an installed host: in a mount namespace of its own.
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { CommandError, run } from '../../src/common/process.ts';
import { temporaryDirectory, writeFiles } from '../temporary.ts';

const PROGRAM = fileURLToPath(new URL('../../src/firstboot/main.js', import.meta.url));

/** Files of an image of that toolstack, and a host file that asks for a pool. */
const FILES = {
  'lib/kronos/appliance.json': JSON.stringify({
    ...{ edition: 'debian-13', version: '1', summary: '', recipes: [], checks: [] },
    toolstack: { name: 'xl', reason: 'it comes with Xen' },
  }),
  'etc/kronos/host.yaml': [
    ...['version: 1', 'hostname: xen01', 'root: { passwordHash: "!!" }'],
    'disks: { system: { match: {} } }',
    'network: { management: { interface: { match: {} } } }',
    'pool: { role: coordinator, name: rack }',
    '',
  ].join('\n'),
};

/** Lays the files over those of this machine, and calls the program. */
const SCENE = `
mount -t overlay overlay -o "lowerdir=$1/lib:/usr/lib" /usr/lib || exit 99
mount -t overlay overlay -o "lowerdir=$1/etc:/etc" /etc || exit 99
exec "$2" "$3" "$4"
`;

for (const command of ['plan', 'apply']) {
  test(`first boot refuses a pool on an image without xapi, and changes nothing: ${command}`, async (t) => {
    const directory = await temporaryDirectory(t);
    await writeFiles(directory, FILES);
    const program = [directory, process.execPath, PROGRAM, command];
    const namespace = ['unshare', '--user', '--map-root-user', '--mount', '--net'];
    try {
      const { exitCode, stdout, stderr } = await run(
        [...namespace, 'sh', '-c', SCENE, 'scene', ...program],
        { extendEnvironment: true, accept: [2, 99] },
      );
      if (exitCode === 99) throw new Error(stderr);
      t.is(stdout, '');
      t.regex(
        stderr,
        /^error input\/pool-without-xapi: \/etc\/kronos\/host\.yaml:6:7: a pool needs the toolstack xapi\n.*kronos build --origin xapi=/,
      );
    } catch (error) {
      const isBarred = error instanceof CommandError || /^mount: /.test(String(error));
      if (!isBarred || !/not permitted|permission denied|unshare failed/i.test(String(error)))
        throw error;
      t.log('no mount namespaces here: not seen');
      t.pass();
    }
  });
}
