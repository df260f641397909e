import test from 'ava';
import { namespaceCommand, sandboxEnvironment } from '../../../src/builder/sandbox/namespace.ts';
import { compareWithGolden } from '../../golden.ts';

test('the namespaces of root, of an ordinary user, and of one who needs the network', async (t) => {
  const commands = {
    root: namespaceCommand({ uid: 0 }),
    user: namespaceCommand({ uid: 1000 }),
    'user with network': namespaceCommand({ uid: 1000, network: true }),
  };
  const text = Object.entries(commands).map(([who, argv]) => `${who}: ${argv.join(' ')}\n`);
  await compareWithGolden(t, import.meta.url, 'namespaces.txt', text.join(''));
});

test('nothing of the environment but PATH gets in, and sbin is always on it', (t) => {
  const system = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  t.deepEqual(sandboxEnvironment('/mine::/other'), {
    ...{ PATH: `/mine:/other:${system}`, HOME: '/root', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
  t.is(sandboxEnvironment(undefined)['PATH'], system);
});
