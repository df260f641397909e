import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { arrangeNetworks } from '../../../src/firstboot/xapi/arrange.ts';
import { wantedNetworks } from '../../../src/firstboot/xapi/networks.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { socketDoor } from '../../../src/xenapi/door.ts';
import { XenApiError, type Json } from '../../../src/xenapi/message.ts';
import { LOCAL, openSession } from '../../../src/xenapi/session.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { Lab } from '../../xapi-simulator/lab.ts';
import { listen } from '../../xapi-simulator/server.ts';

const { signal } = new AbortController();

const MACS = ['52:54:00:00:00:0a', '52:54:00:00:00:0b', '52:54:00:00:00:0c'];

const NETWORK = `
  management:
    interface: { match: {}, count: 2 }
    bond: { mode: lacp, lacpRate: fast }
    ipv4: { mode: static, address: 10.0.0.5/24, gateway: 10.0.0.1 }
    dns: [10.0.0.2]
  networks:
    - { name: guests, vlan: 30 }
    - { name: storage, interface: { match: {} }, mtu: 9000, ipv4: { mode: static, address: 10.8.0.5/24 } }
    - { name: backup, vlan: 40, interface: { match: {} }, ipv4: { mode: dhcp } }`;

async function wanted(network = NETWORK) {
  const text = `version: 1\nhostname: h\nroot: { passwordHash: "!" }\ndisks: { system: { match: {} } }\nnetwork: ${network}\n`;
  const { hostFile } = await parseHostFile(text, 'host.yaml');
  const cards = (...indices: number[]) => indices.map((index) => ({ mac: MACS[index] ?? '' }));
  return wantedNetworks(hostFile.network, [
    { name: 'management', interfaces: cards(0, 1) },
    { name: 'guests', interfaces: cards(0, 1) },
    { name: 'storage', interfaces: cards(2) },
    { name: 'backup', interfaces: cards(2) },
  ]);
}

async function makeHost(t: ExecutionContext, macs = MACS) {
  const nics = macs.map((mac, index) => ({ device: `eth${index}`, mac }));
  const host = new Lab(100).add({ address: '10.0.0.5', nics });
  const socket = await listen(host, 'unix', join(await temporaryDirectory(t), 'xapi'));
  t.teardown(socket.close);
  const session = await openSession(socketDoor(String(socket.at)), LOCAL, signal);
  const { database } = host.xapi;
  const uuid = database.get('host', host.xapi.host)['uuid'] as string;
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  return { host, database, session, notes, options: { uuid, note } };
}

test('bonds, VLANs and addresses are made once, and a second run makes no write', async (t) => {
  const { host, database, session, notes, options } = await makeHost(t);
  t.true((await arrangeNetworks(session, await wanted(), options)) > 0);
  t.deepEqual(notes, [
    'looking for network cards',
    'making the network Bond of management',
    'making a bond of eth0 and eth1',
    'setting the IPv4 address of bond0',
    'moving the management interface to bond0',
    'making the network guests',
    'making VLAN 30 on bond0',
    'setting frames of 9000 bytes on eth2',
    'setting the IPv4 address of eth2',
    'making the network backup',
    'making VLAN 40 on eth2',
    'setting the IPv4 address of eth2',
  ]);
  const [bond] = database.records('Bond').values();
  t.like(bond, { mode: 'lacp', properties: { 'lacp-time': 'fast' } });
  t.is(database.records('VLAN').size, 2);
  const frames = [...database.records('network').values()].filter((one) => one['MTU'] === 9000);
  t.deepEqual(
    frames.map((one) => one['bridge']),
    ['xenbr2'],
  );
  const management = [...database.records('PIF').values()].find(
    (pif) => pif['management'] === true,
  );
  t.like(management, {
    ...{
      device: 'bond0',
      IP: '10.0.0.5',
      netmask: '255.255.255.0',
      gateway: '10.0.0.1',
      DNS: '10.0.0.2',
    },
  });
  const before = host.xapi.writes;
  t.is(await arrangeNetworks(session, await wanted(), options), 0);
  t.is(host.xapi.writes, before);
});

test('before a join only the management network is made, on its first card', async (t) => {
  const { database, session, options } = await makeHost(t);
  await arrangeNetworks(session, await wanted(), { ...options, joining: true });
  t.is(database.records('Bond').size + database.records('VLAN').size, 0);
  const management = [...database.records('PIF').values()].find(
    (pif) => pif['management'] === true,
  );
  t.like(management, { device: 'eth0', IP: '10.0.0.5' });
});

test('cut before any call, the next run makes what is missing and nothing twice', async (t) => {
  for (let calls = 1; ; calls += 1) {
    const { database, session, options } = await makeHost(t);
    let left = calls;
    const cut = {
      ...session,
      call: async <T>(...given: Parameters<typeof session.call>): Promise<T> => {
        if (left === 0) throw new Error('cut');
        left -= 1;
        return session.call<T>(...given);
      },
    };
    const ended = await arrangeNetworks(cut, await wanted(), options).then(
      () => true,
      (error: unknown) => {
        t.is((error as Error).message, 'cut');
        return false;
      },
    );
    await arrangeNetworks(session, await wanted(), options);
    t.is(database.records('Bond').size, 1);
    t.is(database.records('VLAN').size, 2);
    const ours = [...database.records('network').values()].filter(
      (network) => 'kronos-network' in (network['other_config'] as object),
    );
    t.is(ours.length, 3, `after ${calls} calls`);
    await session.close();
    if (ended) break;
  }
});

test('a card that xapi does not find is told, not waited for', async (t) => {
  const { session, options } = await makeHost(t, MACS.slice(0, 2));
  await t.throwsAsync(async () => arrangeNetworks(session, await wanted(), options), {
    code: 'host/card-missing',
    message: /52:54:00:00:00:0c/,
  });
});

test('what the server refuses is told with its own words, and a VLAN leaves no debris', async (t) => {
  const { database, session, options } = await makeHost(t);
  const networks = await wanted();
  const failing = {
    ...session,
    call: async <T>(method: string, parameters?: readonly Json[]): Promise<T> => {
      const result = await session.call<T>(method, parameters);
      // As a kernel without the driver: the records are there, and the call fails.
      if (method !== 'VLAN.create') return result;
      throw new XenApiError('PIF_CONFIGURATION_ERROR', ['OpaqueRef:1', 'script error']);
    },
  };
  const error = await t.throwsAsync(arrangeNetworks(failing, networks, options), {
    code: 'host/xapi-refused',
  });
  t.regex(error.message, /making VLAN 30 on bond0: xapi says PIF_CONFIGURATION_ERROR/);
  t.is(database.records('VLAN').size, 0);
  t.true((await arrangeNetworks(session, networks, options)) > 0);
  t.is(database.records('VLAN').size, 2);
});
