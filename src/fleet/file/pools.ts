// Pools of a fleet file: which hosts are in them, and what does not fit.
import type { FleetPool } from './fleet.ts';
import type { FleetFindings } from './findings.ts';
import { FIRST_SEEN, GROUP_PREFIX, type FleetFile } from './schema.ts';

/** The pools with their hosts in the order of the file. What is wrong goes to `findings`. */
export function resolvePools(file: FleetFile, findings: FleetFindings): FleetPool[] {
  const members = membersOf(file);
  const poolOf = new Map<string, string>();
  return Object.entries(file.pools).map(([name, pool]) => {
    const named = new Set<string>();
    pool.hosts.forEach((text, index) => {
      const path = ['pools', name, 'hosts', index];
      for (const host of expand(text, path, { file, members, findings })) {
        const other = poolOf.get(host);
        if (other !== undefined && other !== name) {
          findings.error(
            'input/host-in-two-pools',
            `the host ${host} is in the pools ${other} and ${name}`,
            { path, hint: 'a host is in one pool; take it out of the other' },
          );
          continue;
        }
        poolOf.set(host, name);
        named.add(host);
      }
    });
    checkCoordinator(name, named, file, findings);
    checkCredential(name, file, findings);
    const { coordinator, credential, joins } = pool;
    return {
      name,
      coordinator: coordinator === FIRST_SEEN ? FIRST_SEEN : { host: coordinator },
      hosts: Object.keys(file.hosts).filter((host) => named.has(host)),
      credential,
      joins,
    };
  });
}

/** Hosts by group. */
function membersOf(file: FleetFile): Map<string, string[]> {
  const members = new Map(Object.keys(file.groups).map((group) => [group, [] as string[]]));
  for (const [name, { groups }] of Object.entries(file.hosts)) {
    for (const group of new Set(groups)) members.get(group)?.push(name);
  }
  return members;
}

interface Context {
  file: FleetFile;
  members: ReadonlyMap<string, readonly string[]>;
  findings: FleetFindings;
}

/** The hosts that an entry of a pool's list means. */
function expand(
  text: string,
  path: readonly (string | number)[],
  { file, members, findings }: Context,
): readonly string[] {
  if (!text.startsWith(GROUP_PREFIX)) {
    if (Object.hasOwn(file.hosts, text)) return [text];
    const hint = members.has(text)
      ? `did you mean "${GROUP_PREFIX}${text}"?`
      : findings.didYouMean(text, Object.keys(file.hosts), 'add it below hosts, or remove it here');
    findings.error('input/unknown-host', `there is no host ${text}`, { path, hint });
    return [];
  }
  const group = text.slice(GROUP_PREFIX.length);
  const found = members.get(group);
  if (found === undefined) unknownGroup(group, path, file, findings);
  else if (found.length === 0) {
    findings.error('input/empty-group', `no host belongs to the group ${group}`, {
      path,
      hint: `write "groups: [${group}]" at its hosts`,
    });
  }
  return found ?? [];
}

/** Tells that a group is not there. */
export function unknownGroup(
  group: string,
  path: readonly (string | number)[],
  file: FleetFile,
  findings: FleetFindings,
): void {
  findings.error('input/unknown-group', `there is no group ${group}`, {
    path,
    hint: findings.didYouMean(group, Object.keys(file.groups), 'add it below groups'),
  });
}

function checkCoordinator(
  pool: string,
  hosts: ReadonlySet<string>,
  file: FleetFile,
  findings: FleetFindings,
): void {
  const { coordinator = FIRST_SEEN } = file.pools[pool] ?? {};
  if (coordinator === FIRST_SEEN || hosts.has(coordinator)) return;
  const path = ['pools', pool, 'coordinator'];
  if (Object.hasOwn(file.hosts, coordinator)) {
    findings.error(
      'input/coordinator-outside',
      `the coordinator ${coordinator} is not among the hosts of the pool ${pool}`,
      { path, hint: 'add it to the list of hosts, or name one that is there' },
    );
    return;
  }
  findings.error('input/unknown-host', `there is no host ${coordinator}`, {
    path,
    hint: findings.didYouMean(
      coordinator,
      [...hosts, FIRST_SEEN],
      `name a host of the pool, or ${FIRST_SEEN}`,
    ),
  });
}

function checkCredential(pool: string, file: FleetFile, findings: FleetFindings): void {
  const password = file.pools[pool]?.credential.password;
  const path = ['pools', pool, 'credential', 'password'];
  if (typeof password === 'string') {
    findings.warn('input/plain-password', 'a password is written down in plain text', {
      path,
      hint: 'name where it comes from: { file: PATH } or { url: URL }',
    });
  } else if (password !== undefined && 'prompt' in password) {
    findings.error('input/nobody-to-ask', 'nobody can be asked while a fleet is rolled out', {
      path,
      hint: 'name where it comes from: { file: PATH } or { url: URL }',
    });
  }
}
