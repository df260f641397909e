// A fleet of ten thousand.
import test from 'ava';
import { parseFleetFile } from '../../../src/fleet/file/read.ts';
import { foreseeWaves } from '../../../src/fleet/state/foresee.ts';

/** Milliseconds of this process; measured: 3 s. The clock would count the neighbours too. */
const LIMIT = 15_000;

function write(count: number): string {
  const hosts = Array.from({ length: count }, (_, index) => {
    const mac = index
      .toString(16)
      .padStart(6, '0')
      .replace(/..(?=.)/g, '$&:');
    const address = `10.1.${String(index >> 7)}.${String((index & 127) + 1)}/8`;
    return `  xen${String(index)}: { mac: "52:54:00:${mac}", groups: [g${String(index >> 9)}], host: { network: { management: { ipv4: { mode: static, address: ${address} } } } } }`;
  });
  const groups = Array.from({ length: (count >> 9) + 1 }, (_, index) => String(index));
  return [
    'version: 1',
    'name: large',
    'host:',
    '  root: { passwordHash: "!!" }',
    '  disks: { system: { match: {}, existing: erase } }',
    '  network: { management: { interface: { match: {} }, dns: [10.255.0.1] } }',
    'groups:',
    ...groups.map((name) => `  g${name}: { host: { ntp: [ntp${name}.example.net] } }`),
    'hosts:',
    ...hosts,
    'pools:',
    ...groups.map(
      (name) =>
        `  pool${name}: { hosts: ["group:g${name}"], credential: { password: { url: "https://vault.example.net/" } } }`,
    ),
    'rollout: { canary: 5, waves: [95, 1000] }',
  ].join('\n');
}

test('ten thousand hosts are read and checked in seconds', async (t) => {
  const text = write(10_000);
  const before = process.cpuUsage();
  const { fleet } = await parseFleetFile(text, 'large.yaml', { directory: '/' });
  const { user, system } = process.cpuUsage(before);
  t.is(fleet.hosts.length, 10_000);
  t.is(fleet.pools.length, 20);
  t.is(foreseeWaves(fleet).get('xen9999'), 11);
  t.true((user + system) / 1000 < LIMIT, `${String(user + system)} us`);
});

test('a mistake of all of them is told once, and of many the first', async (t) => {
  const text = write(1000);
  const wrong = (change: (text: string) => string) =>
    t.throwsAsync(parseFleetFile(change(text), 'large.yaml', { directory: '/' }));
  const one = await wrong((all) => all.replace('match: {}, existing', 'match: 1, existing'));
  t.is(one.message.split('\n').length, 1);
  t.regex(one.message, /\(xen0 and 999 more\)$/);
  const many = await wrong((all) => all.replaceAll('mode: static', 'mode: statik'));
  t.is(many.message.split('\n').length, 201);
});
