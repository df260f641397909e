// The host file, version 1: one document for installer, first boot and fleet. Frozen: a key keeps its name and meaning.
import * as z from 'zod';
import { disksSchema } from './disks.ts';
import { networkSchema, poolSchema, reportSchema, storageSchema } from './network.ts';
import {
  bootArgument,
  host,
  hostname,
  line,
  passwordHash,
  port,
  secret,
  sha256,
  size,
  sshKey,
  url,
} from './values.ts';

const login = {
  passwordHash: passwordHash
    .optional()
    .describe('Made with `openssl passwd -6`; "!!" is set at the first login on the console.'),
  password: secret.optional().describe('Hashed at once and never kept; passwordHash is better.'),
  sshKeys: z.array(sshKey).default([]).describe('Lines of OpenSSH public key files.'),
};

const onePassword = {
  check: (value: { passwordHash?: unknown; password?: unknown }): boolean =>
    value.passwordHash === undefined || value.password === undefined,
  error: { error: 'give passwordHash or password, not both' },
};

const account = z
  .string()
  .regex(
    /^[a-z_][a-z0-9_-]{0,30}$/,
    'a login name of small letters, digits, hyphens and underscores',
  )
  .refine((text) => text !== 'root', { error: 'root has a section of its own: root' });

/** When a hook runs. */
export const HOOK_STAGES = ['before-install', 'after-copy', 'after-install', 'first-boot'] as const;

const hook = z
  .strictObject({
    stage: z.enum(HOOK_STAGES).describe('When it runs.'),
    file: line.optional().describe('A program in the appliance or beside the host file.'),
    url: url.optional().describe('Where the program is fetched from.'),
    sha256: sha256.optional().describe('Digest of what the URL gives; needed with url.'),
    timeout: z.int().min(1).max(86400).default(300).describe('Seconds.'),
  })
  .refine((one) => (one.file === undefined) !== (one.url === undefined), {
    error: 'a hook has exactly one of the keys file and url',
  })
  .refine((one) => one.url === undefined || one.sha256 !== undefined, {
    error: 'a hook with a url needs its sha256',
  });

export const hostFileSchema = z
  .strictObject({
    version: z.literal(1).describe('Version of this format.'),
    hostname: hostname.describe('Name of the host; ${serial}, ${mac} and the like are put in.'),
    locale: z
      .string()
      .regex(/^(?:C|POSIX|[a-z]{2,3}_[A-Z]{2})(?:\.UTF-8)?$/, 'a locale such as C.UTF-8')
      .default('C.UTF-8')
      .describe('Language of messages; images have C.UTF-8 only, unless a recipe adds locales.'),
    keymap: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'a console keymap such as us or de')
      .default('us')
      .describe('Layout of the keyboard on the console.'),
    timezone: z
      .string()
      .regex(/^[A-Za-z0-9_+-]+(?:\/[A-Za-z0-9_+-]+)*$/, 'a time zone such as Europe/Berlin')
      .default('Etc/UTC')
      .describe('Time zone as tzdata names it.'),
    ntp: z
      .array(host)
      .default([])
      .describe("Time servers; empty: DHCP's, or the distribution's pool."),
    root: z
      .strictObject(login)
      .refine(onePassword.check, onePassword.error)
      .prefault({})
      .describe('The account root.'),
    users: z
      .array(
        z
          .strictObject({
            name: account.describe('Login name.'),
            ...login,
            sudo: z.boolean().default(false).describe('May do everything with sudo.'),
            groups: z
              .array(account)
              .default([])
              .describe('Further groups that exist in the image.'),
          })
          .refine(onePassword.check, onePassword.error),
      )
      .default([])
      .describe('Further accounts.'),
    syslog: z
      .strictObject({
        server: host.describe('The server.'),
        port: port.default(514).describe('Its port.'),
        protocol: z.enum(['udp', 'tcp']).default('udp').describe('How lines are sent.'),
      })
      .optional()
      .describe('Where logs are sent as well.'),
    disks: disksSchema,
    network: networkSchema,
    storage: storageSchema.default([]).describe('Storage repositories.'),
    toolstack: z
      .enum(['xl', 'xapi'])
      .optional()
      .describe('Must be the one of the image; left out: whichever it has.'),
    pool: poolSchema.optional(),
    boot: z
      .strictObject({
        dom0Memory: size
          .optional()
          .describe('Memory of dom0 (default: 1 GiB and 5 % of the machine, at most 8 GiB).'),
        dom0Vcpus: z
          .int()
          .min(1)
          .max(256)
          .optional()
          .describe('Virtual CPUs of dom0 (default: Xen decides).'),
        xenArguments: z.array(bootArgument).default([]).describe('Added to those of the recipes.'),
        kernelArguments: z
          .array(bootArgument)
          .default([])
          .describe('The same for the kernel of dom0.'),
        serial: z
          .strictObject({
            port: z
              .union([z.literal(1), z.literal(2)])
              .default(1)
              .describe('1: com1, 2: com2.'),
            speed: z
              .union([
                z.literal(9600),
                z.literal(19200),
                z.literal(38400),
                z.literal(57600),
                z.literal(115200),
              ])
              .default(115200)
              .describe('Bits per second.'),
          })
          .optional()
          .describe('Serial console (default: com1 at 115200, used where it is there).'),
      })
      .prefault({})
      .describe('Boot loader, Xen and kernel.'),
    hooks: z
      .array(hook)
      .default([])
      .describe('Programs of your own; one that fails stops the run.'),
    report: reportSchema.optional().describe('Where progress and the result are reported.'),
    approve: sha256
      .optional()
      .describe('Only a plan with this digest is carried out (`kronos host plan`).'),
    variables: z
      .record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'a name such as rack'), z.string())
      .default({})
      .describe('For ${name} in this file.'),
    include: z
      .array(line)
      .default([])
      .describe('Files beside this one whose keys are taken where this one has none.'),
  })
  .describe('A host file of Kronos.');

/** A host file as it is used: every default filled in. */
export type HostFile = z.output<typeof hostFileSchema>;
