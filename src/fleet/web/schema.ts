// What the operator API answers, as its clients check it. Keys that a newer server adds are let pass.
import * as z from 'zod';
import { STATES } from '../state/record.ts';
import type { FleetStatus, HostDetails, HostStatus } from '../desk.ts';

const text = z.string();

const failureSchema = z.object({
  stage: text,
  step: text.optional(),
  code: text,
  message: text,
  hint: text.optional(),
  log: z.array(text),
});

const hostSchema = z.object({
  host: text.optional(),
  machine: text.optional(),
  rack: text.optional(),
  pool: text.optional(),
  role: z.enum(['coordinator', 'member']).optional(),
  groups: z.array(text),
  state: z.enum(STATES),
  waitsFor: text.optional(),
  wave: z.number().optional(),
  attempt: z.number(),
  step: text.optional(),
  message: text.optional(),
  percent: z.number().optional(),
  rate: z.number().optional(),
  failure: failureSchema.optional(),
  address: text.optional(),
  serial: text.optional(),
  product: text.optional(),
  twins: z.number(),
  updated: text.optional(),
  seconds: z.number().optional(),
}) satisfies z.ZodType<HostStatus>;

/** The answer to GET /v1/status. */
export const statusSchema = z.object({
  name: text,
  time: text,
  rollout: z.enum([
    ...(['not-started', 'running', 'paused', 'waiting-for-approval', 'outside-window'] as const),
    'done',
  ]),
  reason: text.optional(),
  wave: z.number(),
  waves: z.number(),
  approvable: z.number().optional(),
  counts: z.record(z.enum(STATES), z.number()),
  hosts: z.array(hostSchema),
}) satisfies z.ZodType<FleetStatus>;

/** The answer to GET /v1/hosts/NAME. */
export const detailsSchema = z.object({
  status: hostSchema,
  history: z.array(z.object({ time: text, text })),
  inventory: z.unknown().optional(),
}) satisfies z.ZodType<HostDetails>;

/** The answer to POST /v1/actions. */
export const doneSchema = z.object({ message: text });

const errorSchema = z.object({ code: text, message: text, hint: text.optional() });

/** Any answer that refuses; of several mistakes `errors` has each. */
export const refusalSchema = z.object({
  error: errorSchema.extend({ errors: z.array(errorSchema).optional() }),
});

/** What `change` events of GET /v1/stream carry: all but the hosts is whole, of the hosts those that changed. */
export const changeSchema = statusSchema.extend({
  /** Keys (host, or machine where it has no name) of what is no longer in the list. */
  gone: z.array(text),
});

export type StatusChange = z.output<typeof changeSchema>;
