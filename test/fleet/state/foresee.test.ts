import test from 'ava';
import type { Fleet, FleetHost, Policy } from '../../../src/fleet/file/fleet.ts';
import { parseFleetFile } from '../../../src/fleet/file/read.ts';
import { foreseeWaves } from '../../../src/fleet/state/foresee.ts';

async function fleetOf(policy: Partial<Policy>): Promise<Fleet> {
  const text = `version: 1
name: waves
host:
  root: { passwordHash: "!!" }
  disks: { system: { match: {} } }
  network: { management: { interface: { match: {} } } }
hosts:
${['a', 'b', 'c', 'd', 'e', 'f'].map((name, index) => `  ${name}: { order: ${String(index + 1)} }`).join('\n')}
pools:
  one: { coordinator: e, hosts: [b, e], credential: { password: { url: "https://192.0.2.1/" } } }
`;
  const { fleet } = await parseFleetFile(text, 'waves.yaml', { directory: '/' });
  return { ...fleet, policy: { ...fleet.policy, ...policy } };
}

async function foresee(policy: Partial<Policy>): Promise<string> {
  const waves = foreseeWaves(await fleetOf(policy));
  return [...waves].map(([name, wave]) => `${name}${String(wave)}`).join(' ');
}

test('the canary, the waves, and the last size again', async (t) => {
  t.is(await foresee({ canary: 1, waves: [] }), 'a0 e1 b1 c1 d1 f1');
  t.is(await foresee({ canary: 2, waves: [1, 2] }), 'a0 e0 b1 c2 d2 f3');
  t.is(await foresee({ canary: 0, waves: [4] }), 'a1 e1 b1 c1 d2 f2');
  t.is(await foresee({ canary: 6, waves: [1] }), 'a0 e0 b0 c0 d0 f0');
});

test('hosts keep the order of the file', async (t) => {
  const { hosts, pools } = await fleetOf({});
  t.is(hosts.map(({ name }: FleetHost) => name).join(''), 'abcdef');
  t.deepEqual(pools[0]?.hosts, ['b', 'e']);
});
