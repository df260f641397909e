// One simulated server: who is let in, and what is answered to a call.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../src/xenapi/message.ts';
import { Database, Refusal, type DataRecord, type Dump } from './database.ts';
import { accessors, shown, text, type Message, type Messages } from './messages.ts';
import type { Heard, Reply } from './protocol.ts';

/** Ways into the server: the socket of its own host needs no password. */
export type Via = 'unix' | 'https' | 'http';

export interface XapiOptions {
  password?: string;
  /** Milliseconds that a wrong password takes (measured: 2000). */
  wrongPasswordDelay?: number;
  hostname?: string;
}

/** Messages that open a session, and so have none. */
const LOGINS = new Set(['session.login_with_password', 'session.slave_local_login_with_password']);

/** Logs a member in, as the pool's secret does on a real server; only the simulators know it. */
export const MEMBER_LOGIN = 'simulator.login';

/** Whether a message leaves everything as it is. */
function isRead(name: string): boolean {
  const [kind = '', action = ''] = name.split('.');
  return ['session', 'task', 'event'].includes(kind) || /^(get|list|is|probe)(_|$)/.test(action);
}

export class Xapi {
  readonly database = new Database();
  host: string;
  pool: string;
  readonly #messages: Messages<Xapi> = accessors();
  readonly #options: Required<XapiOptions>;
  /** Calls that changed something: what a second run of first boot must not make. */
  writes = 0;

  constructor(options: XapiOptions = {}) {
    const { password = 'xenroot', wrongPasswordDelay = 2000, hostname = 'h1' } = options;
    this.#options = { password, wrongPasswordDelay, hostname };
    const seconds = `${Math.floor(Date.now() / 1000)}.`;
    this.host = this.database.insert('host', {
      ...{ hostname, name_label: hostname, enabled: true, ntp_mode: 'Disabled' },
      other_config: { agent_start_time: seconds, boot_time: seconds, no_local_storage: 'true' },
    });
    this.pool = this.database.insert('pool', { master: this.host });
    this.#addSessions();
  }

  /** Goes on with a database of an earlier run; nobody is logged in any more. */
  load(dump: Dump, uuid: string): void {
    this.database.load({ ...dump, session: {}, task: {} });
    const find = (name: string, wanted: (record: DataRecord) => boolean): string => {
      const found = [...this.database.records(name)].find(([, record]) => wanted(record))?.[0];
      if (found === undefined) throw new TypeError(`the database has no ${name} of its own`);
      return found;
    };
    this.host = find('host', (record) => record['uuid'] === uuid);
    this.pool = find('pool', () => true);
  }

  /** Adds messages of a part of the simulator. */
  add(name: string, message: Message<Xapi>): void {
    this.#messages.set(name, message);
  }

  /** Answers one call. */
  async answer(heard: Heard, via: Via): Promise<Reply> {
    try {
      return { result: await this.#run(heard, via) };
    } catch (error) {
      if (error instanceof Refusal) return { error: error.description };
      return { error: ['INTERNAL_ERROR', String(error)] };
    }
  }

  async #run(heard: Heard, via: Via): Promise<Json> {
    if (heard.wrongParams !== undefined) throw new Refusal('INTERNAL_ERROR', heard.wrongParams);
    const asynchronous = heard.method.startsWith('Async.');
    const name = asynchronous ? heard.method.slice('Async.'.length) : heard.method;
    if (LOGINS.has(name)) return this.#logIn(name, heard.params, via);
    if (name === MEMBER_LOGIN) return this.#logInMember(text(heard.params[0]));
    // Needs no session; clients ask it which classes there are.
    if (name === 'system.listMethods') return [...LOGINS, ...this.#messages.keys()].sort();
    const message = this.#messages.get(name);
    if (message === undefined) throw new Refusal('MESSAGE_METHOD_UNKNOWN', name);
    const [session, ...parameters] = heard.params;
    const [least, most] = message.parameters;
    const got = heard.params.length - 1;
    if (got < least || got > most) {
      const expected = String(got < least ? least : most);
      throw new Refusal('MESSAGE_PARAMETER_COUNT_MISMATCH', name, expected, String(got));
    }
    const reference = text(session);
    if (!this.database.records('session').has(reference))
      throw new Refusal('SESSION_INVALID', reference);
    if (asynchronous && message.accessor === true)
      throw new Refusal('Fault', `No async mode for this operation (rpc: ${name})`);
    if (!isRead(name)) this.writes += 1;
    const call = { server: this, session: reference };
    if (!asynchronous) return message.run(call, ...parameters);
    return this.#begin(heard.method, async () => message.run(call, ...parameters));
  }

  /** Runs something as a task and returns the task at once; its progress stays at 0 until it ends. */
  #begin(name: string, work: () => Promise<Json>): string {
    const ref = this.database.insert('task', {
      ...{ name_label: name, status: 'pending', progress: 0, resident_on: this.host },
    });
    const end = (values: DataRecord): void => {
      // The database of a host that joined a pool is gone, and its tasks with it.
      Object.assign(this.database.records('task').get(ref) ?? {}, { progress: 1, ...values });
    };
    work().then(
      (result) => {
        end({ status: 'success', result: `<value>${shown(result)}</value>` });
      },
      (error: unknown) => {
        const info =
          error instanceof Refusal ? error.description : ['INTERNAL_ERROR', String(error)];
        end({ status: 'failure', error_info: [...info] });
      },
    );
    return ref;
  }

  /** Whether somebody from outside is let in. */
  knows(user: string, password: string): boolean {
    return user === 'root' && password === this.#options.password;
  }

  async #logIn(name: string, params: readonly Json[], via: Via): Promise<Json> {
    if (params.length < 2)
      throw new Refusal('MESSAGE_PARAMETER_COUNT_MISMATCH', name, '2', String(params.length));
    const [user, password] = params.map(text);
    if (via !== 'unix' && !this.knows(user ?? '', password ?? '')) {
      await sleep(this.#options.wrongPasswordDelay);
      throw new Refusal('SESSION_AUTHENTICATION_FAILED', user ?? '', 'Authentication failure');
    }
    return this.database.insert('session', {
      this_host: this.host,
      is_local_superuser: true,
      originator: typeof params[3] === 'string' ? params[3] : '',
    });
  }

  /** Secrets of members, by which they log in. */
  get secrets(): Set<string> {
    return new Set(
      [...this.database.records('secret').values()].flatMap((record) =>
        (record['other_config'] as DataRecord)['simulator'] === 'member'
          ? [text(record['value'])]
          : [],
      ),
    );
  }

  #logInMember(secret: string): string {
    if (!this.secrets.has(secret)) throw new Refusal('SESSION_AUTHENTICATION_FAILED', 'pool', '');
    return this.database.insert('session', { this_host: this.host, originator: 'member' });
  }

  #addSessions(): void {
    const forget: Message<Xapi>['run'] = ({ server, session }) => {
      server.database.records('session').delete(session);
      return '';
    };
    this.add('session.logout', { parameters: [0, 0], run: forget });
    this.add('session.local_logout', { parameters: [0, 0], run: forget });
    this.add('session.logout_subject_identifier', { parameters: [1, 1], run: () => '' });
    this.add('session.get_all_subject_identifiers', { parameters: [0, 0], run: () => [] });
    this.add('task.destroy', {
      parameters: [1, 1],
      run: ({ server }, ref) => {
        server.database.get('task', text(ref));
        server.database.records('task').delete(text(ref));
        return '';
      },
    });
    this.add('host.is_in_emergency_mode', { parameters: [0, 0], run: () => false });
    this.add('pool.is_slave', { parameters: [1, 1], run: () => false });
  }
}
