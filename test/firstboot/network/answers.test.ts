// Asked for real: on loopback addresses of a network namespace that has nothing else.
import test from 'ava';
import { run } from '../../../src/common/process.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { inNamespaces } from '../namespaces.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(
  new URL('../../../src/firstboot/network/answers.js', import.meta.url),
);

/** Two namespaces and a cable between them: the host with `nic`, and whoever answers. */
const SCENE = `
set -e
ip link set lo up
ip link add nic type veth peer name far
unshare --net sleep 60 & other=$!
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link set far netns $other
nsenter --net=/proc/$other/ns/net sh -c 'ip link set lo up; ip link set far up; ip address add 10.1.1.1/24 dev far'
ip link set nic up
node "$1" 0
ip address add 10.1.1.5/24 dev nic
node "$1" 1
ip route add default via 10.1.1.1
node "$1" 2
ip route replace default via 10.1.1.9
node "$1" 3
node "$1" 4
ip route replace default via 10.1.1.1
node "$1" 1
node "$1" 5
node "$1" 6
kill $other
`;

const ASK = (program: string): string => `
import { askOnce } from ${JSON.stringify(program)};
const servers = process.argv[2] === '4' ? [{ host: '10.1.1.1', port: 443 }] : [];
const gateways = { 1: ['10.1.1.9'], 5: ['10.1.1.1', '10.1.1.9'], 6: ['10.1.1.1'] }[process.argv[2]] ?? [];
const { answered, text } = await askOnce({ interface: 'nic', gateways, servers });
console.log(answered + ': ' + text);
`;

test('a gateway that answers nothing but ARP counts, one that is not there does not, a server that refuses does', async (t) => {
  const directory = await temporaryDirectory(t);
  const ask = join(directory, 'ask.mjs');
  await writeFile(ask, ASK(PROGRAM));
  const inside = ['unshare', '--user', '--map-root-user', '--net', '--mount'];
  const seen = await inNamespaces(t, () =>
    run([...inside, 'sh', '-c', SCENE, 'scene', ask], { extendEnvironment: true }),
  );
  if (seen === undefined) return;
  t.deepEqual(seen.stdout.trim().split('\n'), [
    'false: nic has no address',
    'false: no answer from 10.1.1.9',
    'true: the gateway 10.1.1.1 answers',
    'false: no answer from 10.1.1.9',
    'true: 10.1.1.1, port 443 answers',
    // The router that is there is not the one that the host file names.
    'false: no answer from 10.1.1.9',
    'false: no answer from 10.1.1.9',
    'true: the gateway 10.1.1.1 answers',
  ]);
});
