// The live system of a simulated machine: says hello, does what it is told, and installs.
import type * as z from 'zod';
import {
  FLEET_PATHS,
  hostFileAnswerSchema,
  ordersSchema,
  type Hello,
  type HostFileRequest,
} from '../../host/fleet/messages.ts';
import type { BootChoice } from './boot-script.ts';
import { fetchSystem } from './download.ts';
import { readHostFileParts } from './host-file-parts.ts';
import { install } from './installation.ts';
import type { Machine, StartEnd } from './machine.ts';

type Live = Extract<BootChoice, { boot: 'live' }>;

/** Seconds before a question that was not answered is asked again. */
const PAUSE = 10;

/** Seconds before a start that is to bring another token. */
const BEFORE_RESTART = 60;

/** Statuses with which a token is refused. */
const REFUSALS = new Set([401, 403, 409, 410]);

/** What the live system calls its own version. */
const VERSION = 'rehearsal';

/** One start of the live system. Errors: `interrupted/cancelled`. */
export async function runLive(machine: Machine, choice: Live): Promise<StartEnd> {
  const { hardware, story } = machine;
  if (!(await fetchSystem(machine, choice.base ?? `${machine.world.bootServer}/`)))
    return 'starts-again';
  await machine.spend('live', machine.seconds.live);
  let introduces = true;
  for (;;) {
    const hello: Hello = {
      ...{ mac: hardware.mac, facts: hardware.facts, version: VERSION },
      ...(introduces ? { inventory: hardware.inventory } : {}),
    };
    const orders = await ask(machine, choice, 'hello', hello, ordersSchema);
    if (orders === 'refused' || orders.do === 'restart') return 'starts-again';
    introduces = orders.do === 'introduce';
    if (orders.do === 'wait') await machine.spend('waiting', Math.max(1, orders.seconds));
    if (orders.do !== 'install') continue;
    if (story.ready) story.again += 1;
    const { host, attempt } = orders;
    const request: HostFileRequest = { mac: hardware.mac, attempt };
    const answer = await ask(machine, choice, 'hostFile', request, hostFileAnswerSchema);
    // It went out before, and was lost on its way: the next start brings another token.
    if (answer === 'refused') return 'starts-again';
    const end = await install(machine, {
      host,
      attempt,
      parts: readHostFileParts(answer.hostFile),
    });
    return end === 'failed' ? await waitAfterFailure(machine, choice) : end;
  }
}

/** A machine whose installation failed waits until it shall start again. */
async function waitAfterFailure(machine: Machine, choice: Live): Promise<StartEnd> {
  const reporting = { ...choice, token: machine.reportToken };
  for (;;) {
    const orders = await ask(machine, reporting, 'after', {}, ordersSchema);
    if (orders !== 'refused' && orders.do !== 'wait') return 'starts-again';
    if (orders !== 'refused') await machine.spend('broken', Math.max(1, orders.seconds));
  }
}

/** Asks until there is an answer. Errors: `interrupted/cancelled`; where the answer is no answer. */
async function ask<T>(
  machine: Machine,
  { url, fingerprint, token }: Live,
  path: keyof typeof FLEET_PATHS,
  message: unknown,
  schema: z.ZodType<T>,
): Promise<T | 'refused'> {
  const { world, story } = machine;
  const question = { url: new URL(FLEET_PATHS[path], url).href, fingerprint, token };
  const body = JSON.stringify(message);
  for (;;) {
    const answer = await world.client.ask({ ...question, body }).catch(() => undefined);
    if (answer?.status === 200) return schema.parse(JSON.parse(answer.text));
    if (answer !== undefined)
      story.strange.push(`${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
    if (answer !== undefined && REFUSALS.has(answer.status)) {
      await machine.spend('waiting', BEFORE_RESTART);
      return 'refused';
    }
    // Without an answer the server is not there; what the rehearsal itself ends with comes from this pause.
    await machine.spend('waiting', PAUSE);
  }
}
