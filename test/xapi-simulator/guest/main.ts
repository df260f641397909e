// The simulator as the toolstack of a machine: packaged for tests, so that machines really make pools over the network. It says
// what it is in its log, keeps its database over restarts, and changes nothing of the machine but its own files.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal, Database, type Dump } from '../database.ts';
import { copyPool, importHost } from '../import.ts';
import { Lab, type Outcome, type SimulatedHost } from '../lab.ts';
import { text } from '../messages.ts';
import type { Heard } from '../protocol.ts';
import { listen } from '../server.ts';
import { NOTHING } from '../storage.ts';
import { MEMBER_LOGIN, type Via } from '../xapi.ts';
import { randomUUID } from 'node:crypto';
import {
  becomeMember,
  coordinatorAddress,
  memberSecret,
  ownCertificate,
  ownUuid,
  readDump,
  readNics,
  SOCKET,
  writeDump,
} from './files.ts';
import { callRemote } from './remote.ts';

/** What systemd starts again after; the real one exits like this too. */
const RESTART = 123;

/** Password of root at the API: the tests know it. */
const PASSWORD = process.env['XAPI_SIMULATOR_PASSWORD'] ?? 'xenroot';

function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((infos) => infos ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

/** A coordinator, or a host alone. */
function makeServing(lab: Lab): SimulatedHost {
  const uuid = ownUuid();
  const name = hostname();
  const host = lab.add({
    address: ownAddress() ?? '127.0.0.1',
    leased: () => ownAddress() ?? '',
    nics: readNics(),
    // Repositories are made on the disks that are there; nothing is written to them.
    world: { ...NOTHING, devices: { has: existsSync } },
    hostname: name,
    password: PASSWORD,
  });
  const { xapi } = host;
  const dump = readDump();
  if (dump === undefined) xapi.database.get('host', xapi.host)['uuid'] = uuid;
  else xapi.load(dump, uuid);
  for (const join of ['pool.join', 'pool.join_force']) {
    xapi.add(join, {
      parameters: [3, 3],
      run: async (_call, address, user, password) => {
        await joinRemote(lab, host, [text(address), text(user), text(password)]);
        return '';
      },
    });
  }
  xapi.add('simulator.import', {
    parameters: [2, 2],
    run: (_call, ref, given) => {
      const database = new Database();
      database.load(given as unknown as Dump);
      const record = { ...database.get('host', text(ref)), enabled: false };
      xapi.database.records('host').set(text(ref), record);
      importHost(xapi, { database, host: text(ref) });
      const secret = randomUUID();
      xapi.database.insert('secret', { value: secret, other_config: { simulator: 'member' } });
      return secret;
    },
  });
  xapi.add('simulator.ready', {
    parameters: [1, 1],
    run: async (_call, ref) => {
      const record = xapi.database.get('host', text(ref));
      if (record['enabled'] === true) return '';
      await sleep(lab.times.enabling);
      copyPool(xapi, text(ref));
      record['enabled'] = true;
      return '';
    },
  });
  return host;
}

async function joinRemote(
  lab: Lab,
  host: SimulatedHost,
  [address, user, password]: readonly [string, string, string],
): Promise<void> {
  const { xapi } = host;
  const session = await callRemote(address, 'session.login_with_password', [user, password]);
  const pools = await callRemote(address, 'pool.get_all_records', [session]);
  host.checkJoin(
    (Object.values(pools as object)[0] ?? {}) as { tls_verification_enabled?: boolean },
  );
  const secret = await callRemote(address, 'simulator.import', [
    ...[session, xapi.host],
    xapi.database.dump(),
  ]);
  await sleep(lab.times.join);
  becomeMember(address, text(secret));
  void sleep(lab.times.fuse).then(() => process.exit(RESTART));
}

/** A member: the API on its socket is the coordinator's. */
function makeMember(lab: Lab, coordinator: string) {
  let starting = true;
  void (async () => {
    await sleep(lab.times.starting);
    const dump = readDump();
    const uuid = ownUuid();
    const [ref = ''] =
      Object.entries(dump?.['host'] ?? {}).find(([, record]) => record['uuid'] === uuid) ?? [];
    for (;;) {
      try {
        const session = await callRemote(coordinator, MEMBER_LOGIN, [memberSecret()]);
        starting = false;
        await callRemote(coordinator, 'simulator.ready', [session, ref]);
        return;
      } catch (error) {
        process.stderr.write(`the coordinator ${coordinator}: ${String(error)}\n`);
        await sleep(2000);
      }
    }
  })();
  return {
    answer: async (heard: Heard, via: Via): Promise<Outcome> => {
      if (starting) return heard.answer({ error: ['HOST_STILL_BOOTING'] }, { list: true, id: 0 });
      const isLogin = heard.method === 'session.login_with_password';
      if (via !== 'unix' && isLogin) return heard.answer({ error: ['HOST_IS_SLAVE', coordinator] });
      const method = isLogin ? MEMBER_LOGIN : heard.method;
      const params = isLogin ? [memberSecret()] : heard.params;
      try {
        return heard.answer({ result: await callRemote(coordinator, method, params) });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return heard.answer({ error: error.description }, { list: true });
      }
    },
  };
}

/** Saves after every answer: a machine may be cut at any time. */
function saving(host: SimulatedHost) {
  let saved = '';
  return {
    answer: async (heard: Heard, via: Via): Promise<Outcome> => {
      const outcome = await host.answer(heard, via);
      const dump = host.xapi.database.dump();
      const now = JSON.stringify({ ...dump, session: {}, task: {} });
      if (now !== saved) writeDump(JSON.parse(now) as Dump);
      saved = now;
      return outcome;
    },
  };
}

async function serve(): Promise<void> {
  const lab = new Lab(Number(process.env['XAPI_SIMULATOR_FASTER'] ?? 1));
  const coordinator = coordinatorAddress();
  process.stdout.write('this is a simulator of xapi for tests; it runs no virtual machines\n');
  const answering =
    coordinator === undefined ? saving(makeServing(lab)) : makeMember(lab, coordinator);
  mkdirSync(dirname(SOCKET), { recursive: true });
  rmSync(SOCKET, { force: true });
  await listen(answering, 'unix', SOCKET);
  await listen(answering, 'https', 443, ownCertificate(), '0.0.0.0');
}

/** `xe host-list --minimal`, which the recipe's check asks. */
async function answerXe(): Promise<void> {
  const { LOCAL, openSession } = await import('../../../src/xenapi/session.ts');
  const { socketDoor } = await import('../../../src/xenapi/door.ts');
  const session = await openSession(socketDoor(SOCKET), LOCAL, new AbortController().signal);
  const hosts = await session.call<Record<string, { uuid: string }>>('host.get_all_records');
  process.stdout.write(
    `${Object.values(hosts)
      .map(({ uuid }) => uuid)
      .join(',')}\n`,
  );
  await session.close();
}

void (process.argv[2] === 'xe' ? answerXe() : serve());
