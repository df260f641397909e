// The fleet file, version 1: a rack of hosts, their pools, and how they come to be. Parts of host files stand in it as
// they are; they are checked when they have been put together.
import * as z from 'zod';
import { line, mac, name, secret } from '../../host/schema/values.ts';

/** What a pool says in place of the name of a host. */
export const FIRST_SEEN = 'first-seen';

/** Before the name of a group where hosts are listed. */
export const GROUP_PREFIX = 'group:';

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const hostName = z
  .string()
  .max(253)
  .regex(
    // Names of digits alone would not keep their order in the file.
    /^(?!\d+$|first-seen$)(?!-)(?:[A-Za-z0-9-]{1,63}(?<!-)\.)*[A-Za-z0-9-]{1,63}(?<!-)$/,
    'a host name such as xen01 or xen01.example.net',
  )
  .meta({ title: 'host name' });

/** By this title the schema for editors knows parts of host files. */
export const HOST_KEYS = 'keys of a host file';

/** Checked as a whole once it is put together. */
const hostKeys = z.record(z.string(), z.unknown()).meta({ title: HOST_KEYS });

const clockTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time such as 22:30')
  .meta({ title: 'time of day' });

const groupSchema = z.strictObject({
  host: hostKeys.prefault({}).describe('What all hosts of the group have.'),
});

const hostSchema = z
  .strictObject({
    mac: mac
      .transform((text) => text.toLowerCase())
      .optional()
      .describe('The machine whose network card has this address and starts from the network.'),
    serial: line.optional().describe('The machine with this serial number.'),
    assetTag: line.optional().describe('The machine with this asset tag.'),
    order: z
      .int()
      .min(1)
      .optional()
      .describe('The first, second, ... machine that appears and that no other host is meant for.'),
    rack: line.optional().describe('Where it stands, for people, such as r7/12.'),
    groups: z
      .array(name)
      .default([])
      .describe('Groups that it belongs to; of two that say something else the later one counts.'),
    host: hostKeys.prefault({}).describe('What this host alone has.'),
  })
  .refine(
    (one) =>
      [one.mac, one.serial, one.assetTag, one.order].filter((key) => key !== undefined).length ===
      1,
    { error: 'a host has exactly one of the keys mac, serial, assetTag and order' },
  );

const poolSchema = z.strictObject({
  coordinator: z
    .string()
    .default(FIRST_SEEN)
    .describe('Name of the host that the others join, or first-seen: whichever appears first.'),
  hosts: z
    .array(z.string().regex(/^(?:group:)?[^\s:]+$/, 'a name of a host, or "group:NAME"'))
    .min(1)
    .describe('Names of hosts; "group:NAME" stands for all hosts of a group.'),
  credential: z
    .strictObject({
      user: line.default('root').describe('User name.'),
      password: secret.describe('Its password.'),
    })
    .describe('With which members join: an account of the coordinator.'),
  joins: z
    .int()
    .min(1)
    .default(4)
    .describe('Members that may be on their way into the pool at once.'),
});

const windowSchema = z.strictObject({
  days: z
    .array(z.enum(DAYS))
    .min(1)
    .default([...DAYS])
    .describe('Days on which it begins.'),
  from: clockTime.describe('When it begins.'),
  to: clockTime.describe('When it ends; before `from`: on the next day.'),
  timezone: z.string().default('Etc/UTC').describe('Time zone as tzdata names it.'),
});

const rolloutSchema = z.strictObject({
  canary: z
    .int()
    .min(0)
    .default(1)
    .describe('Hosts that must be ready before any others are begun.'),
  approval: z
    .enum(['none', 'canary', 'every-wave'])
    .default('none')
    .describe(
      'After what somebody must approve: nothing, the canary, or the canary and each wave.',
    ),
  waves: z
    .array(z.int().min(1))
    .default([])
    .describe('Hosts in each wave after the canary; the last number counts on. Empty: one wave.'),
  atOnce: z.int().min(1).default(10).describe('Hosts that are installed at once.'),
  stopAfter: z
    .int()
    .min(1)
    .default(3)
    .describe('Failed hosts after which no more are begun until somebody resumes.'),
  windows: z
    .array(windowSchema)
    .default([])
    .describe('Times in which hosts may be begun; empty: always.'),
  silence: z
    .int()
    .min(1)
    .default(1800)
    .describe('Seconds without a word after which a host counts as failed.'),
  unknown: z
    .enum(['record', 'disk'])
    .default('record')
    .describe('What machines do that no host is meant for: wait for a name, or start their disk.'),
});

export const fleetSchema = z
  .strictObject({
    version: z.literal(1).describe('Version of this format.'),
    name: name.describe('Name of the fleet.'),
    host: hostKeys.prefault({}).describe('What all hosts have.'),
    groups: z
      .record(name, groupSchema)
      .default({})
      .describe('Hosts that have something in common.'),
    hosts: z.record(hostName, hostSchema).describe('All hosts by name; it is their host name too.'),
    pools: z.record(name, poolSchema).default({}).describe('Pools by name; they need xapi.'),
    rollout: rolloutSchema.prefault({}).describe('In which order and how carefully.'),
  })
  .describe('A fleet file of Kronos.');

/** A fleet file with every default filled in, as it was written otherwise. */
export type FleetFile = z.output<typeof fleetSchema>;
