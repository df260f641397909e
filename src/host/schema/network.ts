// The parts `network`, `storage` and `pool` of a host file; first boot does them, the installer checks and carries them.
import { z } from 'zod';
import { interfaceSelector } from './disks.ts';
import {
  address,
  addressWithPrefix,
  fingerprint,
  host,
  ipv4,
  ipv6,
  line,
  mtu,
  name,
  port,
  secret,
  url,
  vlan,
} from './values.ts';

const route = z.strictObject({
  to: addressWithPrefix.describe('Destination network.'),
  via: address.describe('Router.'),
});

const ipv4Schema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('dhcp') }),
  z.strictObject({ mode: z.literal('none') }),
  z.strictObject({
    mode: z.literal('static'),
    address: addressWithPrefix,
    gateway: ipv4.optional().describe('Default router; must be in the network of the address.'),
  }),
]);

const ipv6Schema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('dhcp') }),
  z.strictObject({ mode: z.literal('auto').describe('Router advertisements.') }),
  z.strictObject({ mode: z.literal('none') }),
  z.strictObject({
    mode: z.literal('static'),
    address: addressWithPrefix,
    gateway: ipv6.optional(),
  }),
]);

const bond = z.strictObject({
  mode: z.enum(['active-backup', 'balance-slb', 'lacp']),
  lacpRate: z.enum(['slow', 'fast']).optional().describe('Only for lacp.'),
});

const network = {
  interface: interfaceSelector.describe('One network card, or those of a bond.'),
  bond: bond.optional().describe('How several cards work as one.'),
  vlan: vlan.optional().describe('VLAN tag.'),
  mtu: mtu.optional(),
};

export const networkSchema = z
  .strictObject({
    management: z
      .strictObject({
        ...network,
        ipv4: ipv4Schema.default({ mode: 'dhcp' }),
        ipv6: ipv6Schema.default({ mode: 'none' }),
        dns: z.array(address).default([]).describe('Name servers; DHCP names them otherwise.'),
        search: z.array(host).default([]).describe('Search domains.'),
        routes: z.array(route).default([]),
      })
      .describe('The network through which the host is managed.'),
    networks: z
      .array(
        z.strictObject({
          name,
          ...network,
          interface: interfaceSelector
            .optional()
            .describe('Left out: the cards of the management network.'),
          ipv4: ipv4Schema.default({ mode: 'none' }),
          ipv6: ipv6Schema.default({ mode: 'none' }),
        }),
      )
      .default([])
      .describe('Further networks for guests and storage.'),
  })
  .describe('Networks on Open vSwitch.');

const remote = { server: host, shared: z.boolean().default(true) };

export const storageSchema = z.array(
  z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('lvm'),
      name,
      disks: z
        .array(name)
        .min(1)
        .describe('Names of disks.storage, or "system" for the rest of the system disk.'),
      default: z.boolean().optional(),
    }),
    z.strictObject({
      type: z.literal('ext'),
      name,
      disks: z.array(name).min(1),
      default: z.boolean().optional(),
    }),
    z.strictObject({
      type: z.literal('nfs'),
      name,
      ...remote,
      path: line,
      version: z.enum(['3', '4', '4.1', '4.2']).optional(),
      default: z.boolean().optional(),
    }),
    z.strictObject({
      type: z.literal('iscsi'),
      name,
      targets: z.array(z.strictObject({ address: host, port: port.default(3260) })).min(1),
      iqn: line,
      scsiId: line.optional(),
      lun: z.int().min(0).max(16383).optional(),
      chap: z.strictObject({ user: line, password: secret }).optional(),
      multipath: z.boolean().default(false),
      default: z.boolean().optional(),
    }),
    z.strictObject({
      type: z.literal('smb'),
      name,
      ...remote,
      share: line,
      user: line.optional(),
      password: secret.optional(),
      default: z.boolean().optional(),
    }),
    z.strictObject({
      type: z.literal('iso'),
      name,
      location: line.describe('server:/path, //server/share or a directory of the host.'),
      user: line.optional(),
      password: secret.optional(),
    }),
  ]),
);

const credential = z.strictObject({ user: line.default('root'), password: secret });

export const poolSchema = z
  .discriminatedUnion('role', [
    z.strictObject({
      role: z.literal('coordinator'),
      name: line.describe('Name of the pool.'),
      description: line.optional(),
    }),
    z.strictObject({
      role: z.literal('member'),
      coordinator: host.describe('Name or address of the coordinator.'),
      fingerprint: fingerprint.describe(
        'SHA-256 of its certificate: `openssl x509 -fingerprint -sha256`.',
      ),
      credential: credential.describe('Used once to join, then erased.'),
    }),
  ])
  .describe('Needs the toolstack xapi.');

export const reportSchema = z.strictObject({
  url: url.describe('Events and reports are sent here as JSON by POST.'),
  fingerprint: fingerprint
    .optional()
    .describe('SHA-256 of the certificate of the server; others are refused.'),
  token: secret.optional().describe('Sent as "Authorization: Bearer ...".'),
});

export type NetworkDocument = z.output<typeof networkSchema>;
