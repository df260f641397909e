// The parts `network`, `storage` and `pool` of a host file; first boot does them, the installer checks and carries them.
import * as z from 'zod';
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
  z.strictObject({ mode: z.literal('dhcp').describe('By DHCP.') }),
  z.strictObject({ mode: z.literal('none').describe('No address.') }),
  z.strictObject({
    mode: z.literal('static').describe('As written here.'),
    address: addressWithPrefix.describe('Address of the host and length of its network.'),
    gateway: ipv4.optional().describe('Default router; must be in the network of the address.'),
  }),
]);

const ipv6Schema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('dhcp').describe('By DHCP.') }),
  z.strictObject({ mode: z.literal('auto').describe('Router advertisements.') }),
  z.strictObject({ mode: z.literal('none').describe('No address.') }),
  z.strictObject({
    mode: z.literal('static').describe('As written here.'),
    address: addressWithPrefix.describe('Address of the host and length of its network.'),
    gateway: ipv6.optional().describe('Default router.'),
  }),
]);

const bond = z.strictObject({
  mode: z
    .enum(['active-backup', 'balance-slb', 'lacp'])
    .describe('active-backup and balance-slb need nothing of the switch, lacp (802.3ad) does.'),
  lacpRate: z.enum(['slow', 'fast']).optional().describe('Only for lacp.'),
});

const network = {
  interface: interfaceSelector.describe('One network card, or those of a bond.'),
  bond: bond.optional().describe('How several cards work as one.'),
  vlan: vlan.optional().describe('VLAN tag.'),
  mtu: mtu.optional().describe('Largest frame in bytes (default 1500).'),
};

export const networkSchema = z
  .strictObject({
    management: z
      .strictObject({
        ...network,
        ipv4: ipv4Schema.default({ mode: 'dhcp' }).describe('IPv4 address.'),
        ipv6: ipv6Schema.default({ mode: 'none' }).describe('IPv6 address.'),
        dns: z.array(address).default([]).describe('Name servers; DHCP names them otherwise.'),
        search: z.array(host).default([]).describe('Search domains.'),
        routes: z.array(route).default([]).describe('Further routes.'),
      })
      .describe('The network through which the host is managed.'),
    networks: z
      .array(
        z.strictObject({
          name: name.describe('Name of the network.'),
          ...network,
          interface: interfaceSelector
            .optional()
            .describe('Left out: the cards of the management network.'),
          ipv4: ipv4Schema.default({ mode: 'none' }).describe('IPv4 address of the host in it.'),
          ipv6: ipv6Schema.default({ mode: 'none' }).describe('IPv6 address of the host in it.'),
        }),
      )
      .default([])
      .describe('Further networks for guests and storage.'),
    confirm: z
      .int()
      .min(5)
      .max(3600)
      .optional()
      .describe(
        'Seconds in which the gateway, the coordinator or the report target must answer (default 60); else the former network returns.',
      ),
  })
  .describe('Networks on Open vSwitch.');

const repositoryName = name.describe('Name of the storage repository.');
const isDefault = z
  .boolean()
  .optional()
  .describe('Where disks of virtual machines go if nothing else is said; at most one.');
const login = {
  user: line.optional().describe('User name.'),
  password: secret.optional().describe('Its password.'),
};
const remote = {
  server: host.describe('The server.'),
  shared: z.boolean().default(true).describe('Shared by all hosts of a pool.'),
};

export const storageSchema = z.array(
  z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('lvm').describe('Disks of virtual machines as logical volumes.'),
      name: repositoryName,
      disks: z
        .array(name)
        .min(1)
        .describe('Names of disks.storage, or "system" for the rest of the system disk.'),
      default: isDefault,
    }),
    z.strictObject({
      type: z.literal('ext').describe('Disks of virtual machines as files on ext4.'),
      name: repositoryName,
      disks: z.array(name).min(1).describe('As for lvm.'),
      default: isDefault,
    }),
    z.strictObject({
      type: z.literal('nfs').describe('Files on an NFS server.'),
      name: repositoryName,
      ...remote,
      path: line.describe('Exported directory.'),
      version: z
        .enum(['3', '4', '4.1', '4.2'])
        .optional()
        .describe('Version of NFS (default: the highest that both know); in quotes.'),
      default: isDefault,
    }),
    z.strictObject({
      type: z.literal('iscsi').describe('Logical volumes on an iSCSI target.'),
      name: repositoryName,
      targets: z
        .array(
          z.strictObject({
            address: host.describe('Name or address of the portal.'),
            port: port.default(3260).describe('Its port.'),
          }),
        )
        .min(1)
        .describe('Portals; several with multipath.'),
      iqn: line.describe('Name of the target, such as iqn.2020-01.net.example:san.'),
      scsiId: line.optional().describe('SCSI identifier of the volume.'),
      lun: z.int().min(0).max(16383).optional().describe('Number of the volume.'),
      chap: z
        .strictObject({
          user: line.describe('User name.'),
          password: secret.describe('Its password.'),
        })
        .optional()
        .describe('Login at the target.'),
      multipath: z.boolean().default(false).describe('Use several ways at once.'),
      default: isDefault,
    }),
    z.strictObject({
      type: z.literal('smb').describe('Files on an SMB server.'),
      name: repositoryName,
      ...remote,
      share: line.describe('Name of the share, with a directory below it or not.'),
      ...login,
      default: isDefault,
    }),
    z.strictObject({
      type: z.literal('iso').describe('A library of ISO images.'),
      name: repositoryName,
      location: line.describe('server:/path, //server/share or a directory of the host.'),
      ...login,
    }),
  ]),
);

const credential = z.strictObject({
  user: line.default('root').describe('User name.'),
  password: secret.describe('Its password.'),
});

export const poolSchema = z
  .discriminatedUnion('role', [
    z.strictObject({
      role: z.literal('coordinator').describe('The first host of a pool.'),
      name: line.describe('Name of the pool.'),
      description: line.optional().describe('A line about the pool.'),
    }),
    z.strictObject({
      role: z.literal('member').describe('Joins a pool that is there.'),
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
