// The host file goes out: once for each start, to the machine that proves it was answered by this fleet.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { digestOf } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import {
  FLEET_PATHS,
  hostFileRequestSchema,
  type HostFileAnswer,
} from '../../host/fleet/messages.ts';
import { composeHostFile } from '../file/host-file.ts';
import { coordinatorOf } from '../state/plan.ts';
import type { FleetState, MachineRecord } from '../state/record.ts';
import type { Decision, NewEntry } from '../store/store.ts';
import { readJson, Refusal } from './body.ts';
import { bearerOf, checkBootToken, isTokenSpent, nameOf, type FleetContext } from './context.ts';

/** Bytes of a request. */
const LONGEST = 1024;

/** Where coordinators are reached and what certificate they show, for a member; undefined for all others. */
type Coordinator = MachineRecord['coordinator'];

/** Errors: Refusal, those of the store. */
export async function answerHostFile(
  context: FleetContext,
  request: IncomingMessage,
): Promise<HostFileAnswer> {
  const bootToken = bearerOf(request);
  const { data } = await readJson(request, LONGEST, hostFileRequestSchema);
  const { mac, attempt } = data;
  checkBootToken(context, bootToken, mac);
  const { store } = context;
  const before = checkArmed(store.state(), mac, attempt, bootToken);
  if (before instanceof Refusal) throw before;
  const reportToken = randomBytes(32).toString('base64url');
  const hostFile = await compose(context, before, reportToken);
  const released: NewEntry = {
    subject: mac,
    event: {
      type: 'released',
      attempt,
      bootToken: digestOf(bootToken),
      reportToken: digestOf(reportToken),
    },
  };
  // Kept before a byte of it is sent: of two that ask at once, one is too late.
  const refusal = await store.transact((state): Decision<Refusal | undefined> => {
    const machine = checkArmed(state, mac, attempt, bootToken);
    return machine instanceof Refusal
      ? { append: [], result: machine }
      : { append: [released], result: undefined };
  });
  if (refusal !== undefined) throw refusal;
  return { hostFile };
}

function checkArmed(
  state: FleetState,
  mac: string,
  attempt: number,
  token: string,
): MachineRecord | Refusal {
  const machine = state.machines.get(mac);
  const name = nameOf(machine, mac);
  if (isTokenSpent(machine, token)) {
    return new Refusal(409, `${name} was given its host file for this token before`);
  }
  if (machine?.state !== 'armed' || machine.attempt !== attempt) {
    return new Refusal(409, `${name} is not to be installed now`);
  }
  return machine;
}

/** The text. What is wrong with it fails the machine: asking again would not help. */
async function compose(
  context: FleetContext,
  machine: MachineRecord,
  token: string,
): Promise<string> {
  const { fleet, store, place } = context;
  const { url, fingerprint } = place;
  try {
    return await composeHostFile(fleet, machine.host ?? '', {
      facts: { ...machine.facts, mac: machine.id },
      report: { url: `${url}${FLEET_PATHS.events}`, fingerprint, token },
      pool: coordinatorFor(context, machine),
    });
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    const { code, message, hint } = error;
    const failed: NewEntry = {
      subject: machine.id,
      event: {
        type: 'failed',
        code,
        message: `its host file cannot be put together: ${message}`,
        hint: hint ?? 'mend the fleet file, start the server again, then retry',
      },
    };
    await store.transact((state): Decision<undefined> => {
      const current = state.machines.get(machine.id);
      const same = current?.state === 'armed' && current.attempt === machine.attempt;
      return { append: same ? [failed] : [], result: undefined };
    });
    throw new Refusal(409, `the host file of ${machine.host ?? ''} cannot be put together`);
  }
}

function coordinatorFor({ fleet, store }: FleetContext, machine: MachineRecord): Coordinator {
  if (machine.role !== 'member') return undefined;
  const state = store.state();
  const pool = fleet.pools.find(({ hosts }) => hosts.includes(machine.host ?? ''));
  const host = pool === undefined ? undefined : coordinatorOf(pool, state);
  const id = host === undefined ? undefined : state.hosts.get(host);
  const found = id === undefined ? undefined : state.machines.get(id)?.coordinator;
  if (found !== undefined) return found;
  throw new KronosError(
    'host/no-coordinator',
    `the coordinator ${host ?? ''} did not tell its address and certificate`,
    { hint: 'it must run xapi; look at its first boot, then retry both' },
  );
}
