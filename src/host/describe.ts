// What a host file makes of a machine, in a few lines.
import type { DiskMatch, InterfaceMatch } from './schema/disks.ts';
import type { HostFile } from './schema/host-file.ts';

type Network = HostFile['network']['management'] | HostFile['network']['networks'][number];

/** Lines of a title and a text: host name, system disk, storage, network, login. */
export function describeHostFile(hostFile: HostFile): [title: string, text: string][] {
  return [
    ['hostname', hostFile.hostname],
    ['system', describeSystem(hostFile)],
    ['storage', describeStorage(hostFile)],
    ['network', describeNetworks(hostFile)],
    ['login', describeLogins(hostFile)],
  ];
}

/** The clauses of a selector as one text; `any` where it has none. */
export function describeMatch(match: DiskMatch | InterfaceMatch): string {
  const entries = Object.entries<string | number | boolean | string[] | undefined>(match);
  const clauses = entries.flatMap(([key, value]) =>
    value === undefined
      ? []
      : [`${key} ${Array.isArray(value) ? value.join(' or ') : String(value)}`],
  );
  return clauses.length === 0 ? 'any' : clauses.join(', ');
}

function describeSystem({ disks }: HostFile): string {
  const { match, pick, raid, existing } = disks.system;
  const which = pick === undefined ? '' : `the ${pick} with `;
  const what = raid === undefined ? 'one disk' : 'two disks, mirrored';
  const then = existing === 'erase' ? 'what is there is erased' : 'nothing may be there';
  return `${what}: ${which}${describeMatch(match)}; ${then}`;
}

function describeStorage({ storage, disks }: HostFile): string {
  const repositories = storage.map((one) => {
    const marked = 'default' in one && one.default === true ? ', default' : '';
    switch (one.type) {
      case 'lvm':
      case 'ext':
        return `${one.name} (${one.type} on ${one.disks.join(', ')}${marked})`;
      case 'nfs':
        return `${one.name} (nfs ${one.server}:${one.path}${marked})`;
      case 'iscsi':
        return `${one.name} (iscsi ${one.targets.map(({ address }) => address).join(', ')}${marked})`;
      case 'smb':
        return `${one.name} (smb //${one.server}/${one.share}${marked})`;
      case 'iso':
        return `${one.name} (iso ${one.location})`;
    }
  });
  const erased = disks.storage
    .filter(({ existing }) => existing === 'erase')
    .map(({ name }) => name);
  const text = repositories.length === 0 ? 'none' : repositories.join(', ');
  return erased.length === 0 ? text : `${text}; erased: ${erased.join(', ')}`;
}

function describeNetworks({ network }: HostFile): string {
  const { management, networks } = network;
  const further = networks.map(({ name }) => name);
  const text = describeNetwork(management);
  return further.length === 0 ? text : `${text}; further: ${further.join(', ')}`;
}

function describeNetwork(network: Network): string {
  const parts: string[] = [];
  for (const key of ['ipv4', 'ipv6'] as const) {
    const document = network[key];
    if (document.mode === 'none') continue;
    if (document.mode !== 'static') parts.push(`${key} by ${document.mode}`);
    else {
      const by = document.gateway === undefined ? '' : ` by ${document.gateway}`;
      parts.push(`${document.address}${by}`);
    }
  }
  if (network.interface !== undefined) {
    const { count, match } = network.interface;
    const cards = count === 1 ? 'one card' : `${count} cards`;
    const bond = network.bond === undefined ? '' : ` as ${network.bond.mode}`;
    parts.push(`on ${cards}${bond}: ${describeMatch(match)}`);
  }
  if (network.vlan !== undefined) parts.push(`VLAN ${network.vlan}`);
  return parts.join(', ');
}

function describeLogins({ root, users }: HostFile): string {
  const ways = (login: HostFile['root']): string => {
    const found = [
      ...(login.password === undefined ? [] : ['password']),
      ...(login.passwordHash === undefined ? [] : [describeHash(login.passwordHash)]),
      ...(login.sshKeys.length === 0
        ? []
        : [login.sshKeys.length === 1 ? 'one SSH key' : `${login.sshKeys.length} SSH keys`]),
    ];
    return found.length === 0 ? 'no way in' : found.join(' and ');
  };
  return [
    `root: ${ways(root)}`,
    ...users.map((user) => `${user.name}: ${ways(user)}${user.sudo ? ', sudo' : ''}`),
  ].join('; ');
}

function describeHash(hash: string): string {
  if (hash === '!!') return 'password set at the first login';
  return hash === '!' ? 'password locked' : 'password hash';
}
