import test from 'ava';
import { KronosError } from '../../src/common/error.ts';
import type { BootContext } from '../../src/firstboot/context.ts';
import { lookAtSteps } from '../../src/firstboot/look.ts';
import { describePlan } from '../../src/firstboot/describe.ts';
import { planBridges } from '../../src/firstboot/network/switch.ts';
import { witnessesOf } from '../../src/firstboot/network/witnesses.ts';
import { parseHostFile } from '../../src/host/read.ts';
import { compareWithGolden } from '../golden.ts';

const TEXT = `version: 1
hostname: xen01.example.net
root: { passwordHash: "!" }
disks: { system: { match: { serial: S1 } } }
network:
  management:
    interface: { match: { driver: ixgbe }, count: 2 }
    bond: { mode: lacp }
    mtu: 9000
    ipv4: { mode: static, address: 10.0.0.5/24, gateway: 10.0.0.1 }
    ipv6: { mode: auto }
  networks:
    - { name: guests, vlan: 30 }
    - { name: storage, vlan: 40, ipv4: { mode: static, address: 10.8.0.5/24 } }
storage:
  - { type: lvm, name: local, disks: [system] }
toolstack: xapi
pool:
  role: member
  coordinator: 10.0.0.2
  fingerprint: "${'ab'.repeat(32)}"
  credential: { password: secret }
report: { url: "https://[2001:db8::1]/report" }
`;

const apply = (): Promise<void> => Promise.reject(new Error('a plan changes nothing'));

test('the plan of a first boot is read at a glance', async (t) => {
  const { hostFile } = await parseHostFile(TEXT, 'host.yaml');
  const macs = ['0a', '0b'].map((end) => ({ mac: `52:54:00:00:00:${end}` }));
  const bridges = planBridges(hostFile.network, [{ name: 'management', interfaces: macs }]);
  const steps = await lookAtSteps(
    [
      {
        name: 'cards',
        title: 'Naming the network cards',
        weight: 1,
        probe: () => Promise.resolve(true),
        apply,
      },
      {
        name: 'network',
        title: 'Moving the network to Open vSwitch',
        weight: 1,
        probe: () => Promise.resolve(false),
        apply,
      },
      { name: 'absent', title: 'Not on this host', weight: 1, applies: () => false, apply },
      {
        name: 'storage-local',
        title: 'Storage repository local (lvm)',
        weight: 1,
        probe: () =>
          Promise.reject(
            new KronosError('io/unexpected-output', 'pvs printed something else than a report'),
          ),
        apply,
      },
    ],
    {} as BootContext,
  );
  const plan = { hostFile, bridges, toolstack: 'xl' } as const;
  await compareWithGolden(t, import.meta.url, 'plan.txt', describePlan(plan, steps));
  t.regex(
    describePlan({ ...plan, toolstack: 'xapi' }, []),
    /on bond0, lacp, of 52:54:00:00:00:0a,/,
  );
});

test('asked are the gateway, the coordinator and the report target', async (t) => {
  const { hostFile } = await parseHostFile(TEXT, 'host.yaml');
  t.deepEqual(witnessesOf(hostFile), {
    interface: 'xenbr0',
    gateways: ['10.0.0.1'],
    servers: [
      { host: '10.0.0.2', port: 443 },
      { host: '2001:db8::1', port: 443 },
    ],
  });
});
