// What a machine and a fleet server say to each other, besides the reports of src/steps. Both sides check what they get.
import * as z from 'zod';
import { inventorySchema } from '../inventory.ts';

/** Kernel arguments that lead a live system to its fleet server. */
export const FLEET_ARGUMENTS = {
  /** Address of the server: `https://192.0.2.1:8443`. */
  url: 'kronos.fleet',
  /** SHA-256 of its certificate. */
  fingerprint: 'kronos.fleet.sha256',
  /** Proves that this start was answered by the server; good for one host file. */
  token: 'kronos.fleet.token',
} as const;

/** Paths below the address of the server; all by POST, with `Authorization: Bearer TOKEN`. */
export const FLEET_PATHS = {
  /** With the token of the boot arguments: Hello -> Orders. */
  hello: '/v1/machines/hello',
  /** With the token of the boot arguments, once: HostFileRequest -> HostFileAnswer. */
  hostFile: '/v1/machines/host-file',
  /** With the token of reports, after an installation that failed: {} -> Orders. */
  after: '/v1/machines/after',
  /** With the token of reports: ReportMessage of src/steps/reporter.ts -> 204. Also where the host file's report goes. */
  events: '/v1/events',
} as const;

const text = z.string().max(256);

/** What a machine says of itself; what it does not say is left out. */
export const machineFactsSchema = z.strictObject({
  serial: text.optional(),
  uuid: text.optional(),
  asset_tag: text.optional(),
  product: text.optional(),
});

/** A machine asks what it shall do. */
export const helloSchema = z.strictObject({
  /** Of the card that it was started from. */
  mac: z.string().regex(/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/),
  facts: machineFactsSchema,
  /** With the first question, and where the server asked for it. */
  inventory: inventorySchema.optional(),
  /** Of Kronos in the live system. */
  version: text,
});

/** What a machine shall do. */
export const ordersSchema = z.discriminatedUnion('do', [
  /** Ask again; `message` is shown to whoever stands there. */
  z.object({ do: z.literal('wait'), seconds: z.number().min(0).max(3600), message: z.string() }),
  /** Say hello with the inventory. */
  z.object({ do: z.literal('introduce') }),
  /** Fetch the host file and install. */
  z.object({ do: z.literal('install'), host: z.string(), attempt: z.int() }),
  /** Start again: the boot script says what comes then. */
  z.object({ do: z.literal('restart'), message: z.string() }),
]);

/** Which of the announced installations the host file is for. */
export const hostFileRequestSchema = z.strictObject({
  mac: helloSchema.shape.mac,
  attempt: z.int(),
});

export const hostFileAnswerSchema = z.object({
  /** A whole host file: report target, token and pool are in it. */
  hostFile: z.string(),
});

export type Hello = z.output<typeof helloSchema>;
export type Orders = z.output<typeof ordersSchema>;
export type HostFileRequest = z.output<typeof hostFileRequestSchema>;
export type HostFileAnswer = z.output<typeof hostFileAnswerSchema>;
