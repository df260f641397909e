// First boot with the toolstack xapi: all over its own socket, which needs no password and outlives changes of the network.
import type { HostFile } from '../../host/schema/host-file.ts';
import { pinnedDoor } from '../../xenapi/door.ts';
import { waitFor } from '../../xenapi/readiness.ts';
import type { Session } from '../../xenapi/session.ts';
import type { BootContext, BootStep } from '../context.ts';
import { askCoordinator, joinPool, refuseOtherPool } from '../pool/join.ts';
import { eraseSecret } from '../secrets.ts';
import { waitForAnswer } from '../network/answers.ts';
import { refuseNetwork, requireNotRefused } from '../network/refusal.ts';
import { MANAGEMENT_BRIDGE } from '../network/switch.ts';
import { confirmSeconds, silentError, witnessesOf } from '../network/witnesses.ts';
import { arrangeNetworks, readNetworks } from './arrange.ts';
import {
  differs,
  forgetFormer,
  putBack,
  readFormer,
  readManagement,
  writeFormer,
} from './confirm.ts';
import { attachRepository, readStorage } from './attach.ts';
import { coordinatorStep, isAskedFor } from './coordinator.ts';
import { readLocalFacts } from './local-facts.ts';
import { nextChange, wantedNetworks } from './networks.ts';
import { ownDoor, readRole, readUuid, withOwnSession } from './own.ts';
import { tellRefusals } from './refused.ts';
import { planRepository, type Repository } from './repositories.ts';
import {
  findSettingCalls,
  makeSettings,
  type HostSettings,
  type PoolSettings,
} from './settings.ts';
import { KronosError } from '../../common/error.ts';

/** Seconds; on a slow machine the toolstack takes minutes to start. */
const START_PATIENCE = 1800;

/** All steps. A host that joins gets only its management network before: bonds and VLANs would be in the way. */
export function xapiSteps(hostFile: HostFile): BootStep[] {
  const joins = hostFile.pool?.role === 'member';
  const last = joins ? 'pool-networks' : 'network';
  return [
    readyStep,
    networkStep('network', 'Setting up the networks', joins, ['toolstack']),
    settingsStep,
    ...(joins
      ? [joinStep, networkStep('pool-networks', 'Setting up bonds and VLANs', false, ['pool'])]
      : []),
    ...(isAskedFor(hostFile) ? [coordinatorStep] : []),
    ...hostFile.storage.map((repository) => storageStep(repository, last)),
  ].map(tellRefusals);
}

const readyStep: BootStep = {
  name: 'toolstack',
  title: 'Waiting for the toolstack',
  weight: 5,
  apply: async ({ signal, places }, { note }) => {
    await waitFor(() => withOwnSession(() => Promise.resolve(true), signal, places), {
      ...{ timeoutSeconds: START_PATIENCE, signal, what: 'xapi of this host' },
      onWait: (left, why) => {
        note(`${why}; ${Math.ceil(left)} s left`);
      },
    });
  },
};

function networkStep(name: string, title: string, joining: boolean, needs: string[]): BootStep {
  // A member has its bonds and VLANs, which stand in no way any more.
  const isBefore = async ({ places }: BootContext): Promise<boolean> =>
    joining && (await readRole(places)) === 'master';
  const wanted = ({ hostFile, installed }: BootContext) =>
    wantedNetworks(hostFile.network, installed.disks.networks);
  return {
    ...{ name, title, needs, weight: 4 },
    probe: async (context) => {
      const uuid = await readUuid(context.places);
      if ((await readFormer(context.places.memory)) !== undefined) return false;
      return inSession(context, async (session) => {
        const host = await session.call<string>('host.get_by_uuid', [uuid]);
        const view = await readNetworks(session, host);
        const change = nextChange(wanted(context), view, { joining: await isBefore(context) });
        return change === undefined;
      });
    },
    apply: async (context, { note }) => {
      const { hostFile, places, signal } = context;
      const uuid = await readUuid(places);
      const before = await isBefore(context);
      const networks = wanted(context);
      await requireNotRefused(networks, places.memory);
      await inSession(context, async (session) => {
        const host = await session.call<string>('host.get_by_uuid', [uuid]);
        const former = (await readFormer(places.memory)) ?? (await readManagement(session, host));
        if (former !== undefined) await writeFormer(former, places.memory);
        await arrangeNetworks(session, networks, { uuid, note, joining: before });
        const now = await readManagement(session, host);
        const asked = await (places.ask ?? waitForAnswer)(
          { ...witnessesOf(hostFile), interface: now?.bridge ?? MANAGEMENT_BRIDGE },
          confirmSeconds(hostFile),
          note,
          signal,
        );
        const goesBack = !asked.answered && former !== undefined && differs(former, now);
        if (goesBack) {
          note('nobody answers: going back to the former management interface');
          await putBack(session, former);
          await refuseNetwork(networks, asked.text, places.memory);
        }
        await forgetFormer(places.memory);
        if (asked.answered) return;
        const what = goesBack
          ? 'the management interface was put back'
          : 'the network is set up, but nobody is reached';
        throw silentError(hostFile, asked.text, what);
      });
    },
  };
}

const settingsStep: BootStep = {
  name: 'settings',
  title: 'Setting name, time and log server',
  weight: 1,
  needs: ['network'],
  probe: async (context) => (await findCalls(context)).length === 0,
  apply: async (context, { note }) => {
    const calls = await findCalls(context);
    await inSession(context, (session) => makeSettings(session, calls, note));
  },
};

async function findCalls(context: BootContext): Promise<ReturnType<typeof findSettingCalls>> {
  const alone = (await readRole(context.places)) === 'master';
  const uuid = await readUuid(context.places);
  return inSession(context, async (session) => {
    const ref = await session.call<string>('host.get_by_uuid', [uuid]);
    const [pool = ''] = await session.call<string[]>('pool.get_all');
    const host = await session.call<HostSettings>('host.get_record', [ref]);
    const record = await session.call<PoolSettings>('pool.get_record', [pool]);
    return findSettingCalls(context.hostFile, { ref, ...host }, { ref: pool, alone, ...record });
  });
}

const joinStep: BootStep = {
  name: 'pool',
  title: 'Joining the pool',
  weight: 10,
  needs: ['network', 'settings'],
  apply: async ({ hostFile, secrets, places, signal }, { note }) => {
    const { pool } = hostFile;
    if (pool?.role !== 'member') return;
    const role = await readRole(places);
    const door = pinnedDoor(pool.coordinator, pool.fingerprint, places.port);
    // The password is erased with the end of a join: a member needs none.
    if (role.startsWith('slave:') && secrets.pool === undefined) {
      const own = role.slice('slave:'.length);
      if (own === pool.coordinator || own === (await askCoordinator(door, signal))) return;
      refuseOtherPool(own);
    }
    if (secrets.pool === undefined) {
      throw new KronosError(
        'input/pool-password',
        'the password of the pool is not here any more',
        {
          hint: 'write it into /etc/kronos/host.yaml (pool.credential.password) and call kronos-firstboot retry pool, or join by hand with kronos-firstboot join',
        },
      );
    }
    await joinPool({
      ...{ uuid: await readUuid(places), address: pool.coordinator, signal },
      own: ownDoor(places),
      coordinator: door,
      openOther: (address) => pinnedDoor(address, pool.fingerprint, places.port),
      credential: { user: pool.credential.user, password: secrets.pool },
      readRole: () => readRole(places),
      patience: places.patience ?? {},
      onWait: (what, left, why) => {
        note(`waiting for ${what}, ${Math.ceil(left)} s left: ${why}`);
      },
    });
    await eraseSecret('pool', places.secrets);
  },
};

function storageStep(repository: Repository, needs: string): BootStep {
  const { name, type } = repository;
  return {
    ...{ name: `storage-${name}`, title: `Storage repository ${name} (${type})`, weight: 3 },
    needs: [needs],
    probe: async (context) => {
      const uuid = await readUuid(context.places);
      const local = await readLocalFacts(repository, context);
      return inSession(context, async (session) => {
        const view = await readStorage(session, uuid);
        return planRepository(repository, view, local).type === 'none';
      });
    },
    apply: async (context, { note }) => {
      const uuid = await readUuid(context.places);
      const local = await readLocalFacts(repository, context);
      const password = context.secrets.storage[name];
      await inSession(context, async (session) => {
        const sr = await attachRepository(session, { uuid, repository, local, password, note });
        if (!('default' in repository) || repository.default !== true) return;
        const [pool = ''] = await session.call<string[]>('pool.get_all');
        if ((await session.call<string>('pool.get_default_SR', [pool])) !== sr)
          await session.call('pool.set_default_SR', [pool, sr]);
      });
    },
  };
}

function inSession<T>(
  { signal, places }: BootContext,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withOwnSession(work, signal, places);
}
