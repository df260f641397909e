// Reports of installations and first boots: steps and results go into the journal, once each however often they come;
// how far a step is only passes.
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { digestOf } from '../../common/digest.ts';
import type { Orders } from '../../host/fleet/messages.ts';
import type { FleetState, MachineRecord } from '../state/record.ts';
import type { Decision, NewEntry } from '../store/store.ts';
import { readJson, Refusal } from './body.ts';
import { bearerOf, type FleetContext } from './context.ts';
import { orderAfter, waitSeconds } from './orders.ts';
import { reportMessageSchema, type ReportEvent, type ReportMessage } from './report-message.ts';

/** Bytes of a message: all events that a reporter keeps, and the end of a log. */
const LONGEST = 2 * 1024 * 1024;

export interface EventDesk {
  /** Takes a report. Errors: Refusal, those of the store. */
  take: (request: IncomingMessage) => Promise<void>;
  /** What a machine does whose installation failed. Errors: Refusal, those of the store. */
  after: (request: IncomingMessage) => Promise<Orders>;
}

export function createEventDesk(context: FleetContext): EventDesk {
  const { store, limits, now } = context;
  /** Entries of each machine in the present minute. */
  const written = new Map<string, { minute: number; count: number }>();
  /** Where a step was when it was last heard of, for its speed. */
  const moments = new Map<string, { step: string; bytes: number; time: number }>();

  const allow = (id: string, more: number): void => {
    const minute = Math.floor(now() / 60_000);
    const last = written.get(id);
    const count = (last?.minute === minute ? last.count : 0) + more;
    if (count > limits.entriesPerMinute) {
      throw new Refusal(
        429,
        `${id} reports more than ${limits.entriesPerMinute} steps in a minute`,
      );
    }
    written.set(id, { minute, count });
  };

  const speedOf = (id: string, event: ReportEvent): number | undefined => {
    if (event.bytes === undefined) return undefined;
    const last = moments.get(id);
    const time = now();
    const { step, bytes } = event;
    if (last?.step === step && (bytes < last.bytes || time - last.time < 500)) return undefined;
    moments.set(id, { step, bytes, time });
    if (last?.step !== step) return undefined;
    return Math.round(((bytes - last.bytes) * 1000) / (time - last.time));
  };

  const pass = (id: string, events: readonly ReportEvent[]): void => {
    const event = events.at(-1);
    if (event === undefined) return;
    const { percent, message, bytes, total } = event;
    const rate = speedOf(id, event) ?? store.passing().get(id)?.rate;
    const time = new Date(now()).toISOString();
    store.pass({ id, percent, message, bytes, total, rate, time });
  };

  return {
    take: async (request) => {
      const digest = digestOf(bearerOf(request));
      // Whose it is comes first: strangers may send nothing that has to be read.
      const early = await findReporter(context, digest);
      const { data: message } = await readJson(request, LONGEST, reportMessageSchema);
      const fresh = newEntries(early, message);
      if (fresh.length > 0) {
        allow(early.id, fresh.length);
        const known = await store.transact((state): Decision<boolean> => {
          const machine = reporterOf(state, digest);
          const append = machine === undefined ? [] : newEntries(machine, message);
          return { append, result: machine !== undefined };
        });
        if (!known) throw strangeToken();
      }
      const last = message.events.at(-1);
      if (last?.state === 'progress' && message.report === undefined)
        pass(early.id, message.events);
    },
    after: async (request) => {
      const machine = await findReporter(context, digestOf(bearerOf(request)));
      await readJson(request, 1024, z.object({}));
      return orderAfter(machine, {
        seconds: waitSeconds(store.state().machines.size),
        message: context.waitsFor(machine),
      });
    },
  };
}

/** The machine that a report token belongs to; another server may have given it out a moment ago. */
async function findReporter({ store }: FleetContext, digest: string): Promise<MachineRecord> {
  const known = reporterOf(store.state(), digest);
  if (known !== undefined) return known;
  const found = await store.transact((state) => ({
    append: [],
    result: reporterOf(state, digest),
  }));
  if (found === undefined) throw strangeToken();
  return found;
}

function reporterOf(state: FleetState, digest: string): MachineRecord | undefined {
  const id = state.reporters.get(digest);
  const machine = id === undefined ? undefined : state.machines.get(id);
  return machine?.reportToken === digest ? machine : undefined;
}

function strangeToken(): Refusal {
  return new Refusal(401, 'the token is none that reports come with now');
}

/** What of a message is not in the journal yet. */
function newEntries(machine: MachineRecord, message: ReportMessage): NewEntry[] {
  const { run, events, report } = message;
  const known = machine.runs[run];
  if (known?.reported === true) return [];
  const subject = machine.id;
  const entries: NewEntry[] = [];
  let last = known?.number ?? 0;
  for (const { number, stage, step, state, percent, message: text } of events) {
    if (state === 'progress' || number <= last) continue;
    last = number;
    entries.push({
      subject,
      event: { type: 'step', run, number, stage, step, state, percent, message: text },
    });
  }
  if (report !== undefined) entries.push({ subject, event: { type: 'reported', run, report } });
  return entries;
}
