// Simulated hosts that can reach each other: joining a pool, with everything that is seen on the way.
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFile } from 'node:fs/promises';
import type { Json } from '../../src/xenapi/message.ts';
import { Refusal, type DataRecord } from './database.ts';
import { addEvents } from './events.ts';
import { addHosts } from './hosts.ts';
import { copyPool, importHost } from './import.ts';
import { addMachines } from './machines.ts';
import { text } from './messages.ts';
import { addNetworks, type Nic } from './networks.ts';
import type { Heard } from './protocol.ts';
import { addStorage, type StorageWorld } from './storage.ts';
import { Xapi, type Via, type XapiOptions } from './xapi.ts';

/** Milliseconds, as measured on an idle machine; tests divide them. */
export interface Times {
  /** From the call to its success. */
  join: number;
  /** From success to the end of the server, which goes on with its old database until then. */
  fuse: number;
  /** Without a server. */
  down: number;
  /** Answering that it still starts. */
  starting: number;
  /** From then on until the coordinator says that the host is enabled. */
  enabling: number;
}

export const MEASURED: Times = {
  ...{ join: 4300, fuse: 10_000, down: 1500, starting: 2000, enabling: 10_000 },
};

export interface HostOptions extends XapiOptions {
  address: string;
  nics: readonly Nic[];
  world?: StorageWorld;
  /** File that says whether the host is a member, and of whom. */
  poolConf?: string;
  /** The address that DHCP gave it. */
  leased?: () => string;
}

/** What comes back to whoever asks: an answer, or nothing. */
export type Outcome = { type: string; body: string } | 'refused';

export class SimulatedHost {
  readonly xapi: Xapi;
  readonly address: string;
  state: 'serving' | 'down' | 'starting' | 'member' = 'serving';
  coordinator: SimulatedHost | undefined;
  /** Calls of pool.join that were begun. */
  joins = 0;
  readonly #lab: Lab;
  readonly #poolConf: string | undefined;
  /** A join that succeeded, and shows from the next start on. */
  #joined: { target: SimulatedHost; record: DataRecord } | undefined;
  /** Starts of the server; what was under way in an earlier one has ended with it. */
  #starts = 0;

  constructor(lab: Lab, options: HostOptions) {
    this.#lab = lab;
    this.address = options.address;
    this.#poolConf = options.poolConf;
    this.xapi = new Xapi(options);
    addHosts(this.xapi);
    addMachines(this.xapi);
    const { leased = () => '' } = options;
    addNetworks(this.xapi, options.nics, { vlans: true, bonds: true, leased });
    addStorage(this.xapi, options.world);
    addEvents(this.xapi);
    for (const name of ['pool.join', 'pool.join_force']) {
      this.xapi.add(name, {
        parameters: [3, 3],
        run: async (_call, address, user, password) => {
          await this.#join(text(address), text(user), text(password));
          return '';
        },
      });
    }
  }

  /** Answers as the host would in the state that it is in. */
  async answer(heard: Heard, via: Via): Promise<Outcome> {
    if (this.state === 'down') return 'refused';
    if (this.state === 'starting')
      return heard.answer({ error: ['HOST_STILL_BOOTING'] }, { list: true, id: 0 });
    if (this.state === 'serving' || this.coordinator === undefined)
      return heard.answer(await this.xapi.answer(heard, via));
    if (via !== 'unix' && heard.method === 'session.login_with_password')
      return heard.answer({ error: ['HOST_IS_SLAVE', this.coordinator.address] });
    // Everything else is handed on; errors come back as a list.
    return heard.answer(await this.coordinator.xapi.answer(heard, 'unix'), { list: true });
  }

  async #join(address: string, user: string, password: string): Promise<void> {
    this.joins += 1;
    const target = this.#lab.find(address);
    if (target === undefined)
      throw new Refusal('INTERNAL_ERROR', 'Connection failed: no route to host.');
    if (target.state !== 'serving')
      throw target.coordinator === undefined
        ? new Refusal('INTERNAL_ERROR', 'Connection failed: connection refused.')
        : new Refusal('HOST_IS_SLAVE', target.coordinator.address);
    if (!target.xapi.knows(user, password))
      throw new Refusal('SESSION_AUTHENTICATION_FAILED', user, 'Authentication failure');
    this.checkJoin(target.xapi.database.get('pool', target.xapi.pool), target === this);
    const own = this.xapi.database.get('host', this.xapi.host);
    const { times } = this.#lab;
    const starts = this.#starts;
    const goOn = async (): Promise<void> => {
      await sleep(times.join / 2);
      if (starts !== this.#starts) throw new Refusal('INTERNAL_ERROR', 'the server has ended');
      if (target.state !== 'serving')
        throw new Refusal('INTERNAL_ERROR', 'Connection failed: connection refused.');
    };
    await goOn();
    const record = { ...structuredClone(own), enabled: false };
    target.xapi.database.records('host').set(this.xapi.host, record);
    importHost(target.xapi, this.xapi);
    await goOn();
    if (this.#poolConf !== undefined) await writeFile(this.#poolConf, `slave:${target.address}`);
    this.#joined = { target, record };
    void sleep(times.fuse).then(() => (this.#joined === undefined ? undefined : this.restart()));
  }

  /** The checks that a simulated pair can fail, in the order of the real server. `pool`: the record of the other's pool. */
  checkJoin(pool: { tls_verification_enabled?: Json }, itself = false): void {
    const { database } = this.xapi;
    const pifs = [...database.records('PIF').values()];
    if (!pifs.some((pif) => pif['management'] === true)) throw new Refusal('HOST_STILL_BOOTING');
    if (itself) throw new Refusal('OPERATION_NOT_ALLOWED', 'Host cannot become slave of itself');
    if (database.records('host').size > 1)
      throw new Refusal('JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS');
    const running = [...database.records('VM').values()].some(
      (vm) => vm['power_state'] === 'Running' && vm['is_control_domain'] !== true,
    );
    if (running) throw new Refusal('JOINING_HOST_CANNOT_HAVE_RUNNING_VMS');
    const shared = [...database.records('SR').values()].some((sr) => sr['shared'] === true);
    if (shared) throw new Refusal('JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS');
    if (database.records('Bond').size > 0) throw new Refusal('POOL_JOINING_HOST_HAS_BONDS');
    if (database.records('VLAN').size > 0)
      throw new Refusal('POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS');
    const own = database.get('pool', this.xapi.pool)['tls_verification_enabled'] ?? false;
    if (own !== (pool.tls_verification_enabled ?? false))
      throw new Refusal('POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH');
  }

  /** Ends the server and starts it again: sessions and tasks are gone, and a join that succeeded shows. */
  async restart(): Promise<void> {
    if (this.state === 'down' || this.state === 'starting') return;
    const { times } = this.#lab;
    const joined = this.#joined;
    const after = joined === undefined ? this.state : 'member';
    this.#joined = undefined;
    this.#starts += 1;
    this.state = 'down';
    for (const name of ['session', 'task']) this.xapi.database.records(name).clear();
    if (joined !== undefined) this.coordinator = joined.target;
    await sleep(times.down);
    this.state = 'starting';
    await sleep(times.starting);
    this.state = after;
    if (joined === undefined) return;
    await sleep(times.enabling);
    copyPool(joined.target.xapi, this.xapi.host);
    joined.record['enabled'] = true;
  }
}

/** Hosts by address. */
export class Lab {
  readonly times: Times;
  readonly #hosts = new Map<string, SimulatedHost>();

  /** `faster`: by what measured times are divided. */
  constructor(faster = 1) {
    const { join, fuse, down, starting, enabling } = MEASURED;
    this.times = {
      ...{ join: join / faster, fuse: fuse / faster, down: down / faster },
      ...{ starting: starting / faster, enabling: enabling / faster },
    };
  }

  add(options: HostOptions): SimulatedHost {
    const host = new SimulatedHost(this, options);
    this.#hosts.set(options.address, host);
    return host;
  }

  find(address: string): SimulatedHost | undefined {
    return this.#hosts.get(address);
  }
}
