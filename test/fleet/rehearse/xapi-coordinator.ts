// Pools of a rehearsal as simulated XenAPI servers: members join by the code that a first boot joins with.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { joinPool } from '../../../src/firstboot/pool/join.ts';
import type { Clock } from '../../../src/fleet/rehearse/clock.ts';
import type { Coordinator } from '../../../src/fleet/rehearse/coordinator.ts';
import { modelCoordinator } from '../../../src/fleet/rehearse/coordinator.ts';
import { pinnedDoor, socketDoor } from '../../../src/xenapi/door.ts';
import { Lab, type SimulatedHost } from '../../xapi-simulator/lab.ts';
import { listen, type Listening } from '../../xapi-simulator/server.ts';
import { settleHost } from '../../xapi-simulator/settle.ts';

/** By what measured delays are divided: how long a join takes in the rehearsal is the model's to say. */
const FASTER = 1000;

/** Milliseconds. */
const INTERVAL = 5;

const { signal } = new AbortController();

export interface XapiPools {
  /** For a rehearsal: joins really happen, and take as long as the model says. */
  coordinator: (clock: Clock) => Coordinator;
  /** Hosts that each pool has in the end, by the name of its coordinator. */
  members: () => Record<string, number>;
  close: () => Promise<void>;
}

/** `certificate`: what all coordinators show. `directory`: for their sockets. `password`: of root on all of them. */
export function openXapiPools(
  directory: string,
  certificate: { key: string; cert: string; fingerprint: string },
  password: string,
): XapiPools {
  const lab = new Lab(FASTER);
  const pools = new Map<string, { host: SimulatedHost; https: Listening; name: string }>();
  let count = 0;

  const add = async (name: string) => {
    count += 1;
    const address = `10.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}`;
    const place = await mkdtemp(join(directory, 'xapi-'));
    const poolConf = join(place, 'pool.conf');
    await writeFile(poolConf, 'master');
    const nics = [{ device: 'eth0', mac: '52:54:00:00:00:01' }];
    const host = lab.add({ address, nics, poolConf, hostname: name, password });
    const socket = await listen(host, 'unix', join(place, 'xapi'));
    await settleHost(host, socketDoor(String(socket.at)), address);
    return { host, poolConf, socket, address };
  };
  const joinReally = async (name: string, target: Parameters<Coordinator['join']>[1]) => {
    const pool = pools.get(target.address);
    if (pool === undefined) throw new Error(`${target.address} is no coordinator`);
    const { host, poolConf, socket } = await add(name);
    try {
      await joinPool({
        ...{ own: socketDoor(String(socket.at)), address: target.address, signal },
        coordinator: pinnedDoor('127.0.0.1', target.fingerprint, Number(pool.https.at)),
        uuid: host.xapi.database.get('host', host.xapi.host)['uuid'] as string,
        credential: { user: target.user, password: target.password },
        readRole: () => readFile(poolConf, 'utf8'),
        patience: { interval: INTERVAL },
      });
    } finally {
      await socket.close();
    }
  };
  return {
    coordinator: (clock) => {
      const model = modelCoordinator(clock, ({ address }) => pools.has(address));
      return {
        found: (name) =>
          clock.hold(async () => {
            const known = [...pools].find(([, pool]) => pool.name === name);
            if (known !== undefined)
              return { address: known[0], fingerprint: certificate.fingerprint };
            const { host, socket, address } = await add(name);
            await socket.close();
            const https = await listen(host, 'https', 0, certificate);
            pools.set(address, { host, https, name });
            return { address, fingerprint: certificate.fingerprint };
          }),
        join: async (name, target, seconds) => {
          await clock.hold(() => joinReally(name, target));
          return model.join(name, target, seconds);
        },
      };
    },
    members: () =>
      Object.fromEntries(
        [...pools.values()].map(({ host, name }) => [
          name,
          [...host.xapi.database.records('host').values()].filter((one) => one['enabled'] === true)
            .length,
        ]),
      ),
    close: async () => {
      for (const { https } of pools.values()) await https.close();
    },
  };
}
