// A machine and its fleet server: it says hello, waits as it is told, and gets its host file once.
import { KronosError } from '../../common/error.ts';
import type { Inventory } from '../../host/inventory.ts';
import { helloSchema, hostFileAnswerSchema, ordersSchema } from '../../host/fleet/messages.ts';
import type { Hello, Orders } from '../../host/fleet/messages.ts';
import type { Facts } from '../../host/variables.ts';
import { pauseAbout, persist, type Waiting } from './persist.ts';
import { askFleet, type FleetServer } from './server.ts';

/** What a machine says of itself. */
export interface Newcomer {
  facts: Facts;
  inventory: Inventory;
  /** Of Kronos. */
  version: string;
}

/** The host file that the server gave, or why the machine has to be started again. */
export type FleetEnd = { hostFile: string } | { restart: string };

/** Milliseconds before a start that is to bring another token: a server that says no to all must not be hammered. */
const BEFORE_RESTART = 60_000;

/** Milliseconds between two introductions, and where the server says what makes no sense. */
const BETWEEN = 5000;

/** Characters of a message that are shown. */
const SHOWN = 300;

/**
 * Asks until there is a host file. Errors: `host/no-boot-card`, `interrupted/cancelled`.
 */
export async function awaitHostFile(
  server: FleetServer,
  newcomer: Newcomer,
  waiting: Waiting,
): Promise<FleetEnd> {
  const hello = makeHello(newcomer);
  const { signal } = waiting;
  let introduces = true;
  for (;;) {
    const body: Hello = introduces ? { ...hello, inventory: newcomer.inventory } : hello;
    const orders = await persist<Orders>(
      () => askFleet(server, { path: 'hello', body, schema: ordersSchema, signal }),
      waiting,
    );
    if ('refused' in orders) return refused(orders.refused, waiting);
    if (orders.do === 'restart') return { restart: shown(orders.message) };
    if (orders.do === 'install') {
      waiting.tell(`fleet: this is ${shown(orders.host)}, attempt ${orders.attempt}`);
      return fetchHostFile(server, { mac: hello.mac, attempt: orders.attempt }, waiting);
    }
    // Asked for twice in a row it would be asked for for ever.
    const again = orders.do === 'introduce' && introduces;
    introduces = orders.do === 'introduce';
    if (orders.do === 'wait') {
      waiting.tell(`fleet: ${shown(orders.message)}`);
      await pauseAbout(Math.max(1, orders.seconds) * 1000, waiting);
    } else if (again) await pauseAbout(BETWEEN, waiting);
  }
}

async function fetchHostFile(
  server: FleetServer,
  body: { mac: string; attempt: number },
  waiting: Waiting,
): Promise<FleetEnd> {
  const { signal } = waiting;
  const answer = await persist(
    () => askFleet(server, { path: 'hostFile', body, schema: hostFileAnswerSchema, signal }),
    waiting,
  );
  // It went out before, and was lost on its way: the next start brings another token.
  return 'refused' in answer ? refused(answer.refused, waiting) : answer;
}

async function refused(why: string, waiting: Waiting): Promise<FleetEnd> {
  waiting.tell(`fleet: ${why}; this machine restarts in a minute and asks anew`);
  await pauseAbout(BEFORE_RESTART, waiting);
  return { restart: why };
}

/**
 * After a failed installation: waits until the server wants the machine started again; gives what it says then.
 * `token`: that of reports. Errors: `interrupted/cancelled`.
 */
export async function awaitRestart(
  server: FleetServer,
  token: string,
  waiting: Waiting,
): Promise<string> {
  const { signal } = waiting;
  for (;;) {
    const orders = await persist<Orders>(
      () => askFleet(server, { path: 'after', token, body: {}, schema: ordersSchema, signal }),
      waiting,
    );
    if ('refused' in orders) {
      // Whoever forgot this host may learn of it again, and a failed one is there to be looked at.
      waiting.tell(`fleet: ${orders.refused}; the machine stays on`);
      await pauseAbout(BEFORE_RESTART, waiting);
    } else if (orders.do === 'restart') return shown(orders.message);
    else if (orders.do === 'wait') {
      waiting.tell(`fleet: ${shown(orders.message)}`);
      await pauseAbout(Math.max(1, orders.seconds) * 1000, waiting);
    } else await pauseAbout(BETWEEN, waiting);
  }
}

function makeHello({ facts, version }: Newcomer): Hello {
  const { mac, serial, uuid, asset_tag, product } = facts;
  const told = Object.entries({ serial, uuid, asset_tag, product }).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value.slice(0, 256)] as const],
  );
  const hello = helloSchema.safeParse({ mac, facts: Object.fromEntries(told), version });
  if (hello.success) return hello.data;
  throw new KronosError(
    'host/no-boot-card',
    'it is not known from which network card this machine was started',
    {
      hint: 'start it over the network, or add BOOTIF=01-52-54-00-12-34-56 to the arguments of the kernel',
    },
  );
}

/** A text from outside as a console may have it. */
function shown(text: string): string {
  return text.replaceAll(/\p{C}+/gu, ' ').slice(0, SHOWN);
}
