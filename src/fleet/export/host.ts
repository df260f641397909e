// A host as another engine gets it: its host file composed and checked for the image, and what the engine knows it by.
import { KronosError, KronosErrors } from '../../common/error.ts';
import { parseHostFile } from '../../host/read.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { listSecrets } from '../../host/secret-places.ts';
import { formatUserData } from '../../host/user-data.ts';
import type { Fleet, FleetHost } from '../file/fleet.ts';
import { composeHostFile } from '../file/host-file.ts';

/** Where members of a pool find its coordinator, which stands already. */
export interface Coordinator {
  address: string;
  fingerprint: string;
}

export interface ExportHost {
  name: string;
  /** Of the card that it is started from: small letters, colons. */
  mac: string;
  hostFile: HostFile;
  /** The host file as user-data of cloud-init; as secret as the host file. */
  userData: string;
  /** Whether passwords, hashes or tokens are in it. */
  secret: boolean;
}

/** What is needed of the image. */
interface Image {
  toolstack: 'xl' | 'xapi';
}

/**
 * The hosts of a fleet, or those that are named, for another engine. `coordinators`: by pool.
 * Errors, of all hosts at once: `input/no-such-host`, `input/export-name`, `input/export-identity`, `input/export-pool`,
 * those of composeHostFile and parseHostFile.
 */
export async function prepareHosts(
  fleet: Fleet,
  names: readonly string[],
  options: { image: Image; coordinators: ReadonlyMap<string, Coordinator> },
): Promise<ExportHost[]> {
  const errors: KronosError[] = [];
  const hosts: ExportHost[] = [];
  const wanted = names.length === 0 ? fleet.hosts.map(({ name }) => name) : [...new Set(names)];
  for (const name of wanted) {
    try {
      hosts.push(await prepareHost(fleet, name, options));
    } catch (error) {
      if (!(error instanceof KronosError)) throw error;
      errors.push(...(error instanceof KronosErrors ? error.errors : [error]));
    }
  }
  errors.push(...findNamesakes(hosts));
  if (errors.length > 0) throw new KronosErrors(errors);
  return hosts;
}

async function prepareHost(
  fleet: Fleet,
  name: string,
  options: { image: Image; coordinators: ReadonlyMap<string, Coordinator> },
): Promise<ExportHost> {
  const { image, coordinators } = options;
  const host = fleet.hosts.find((one) => one.name === name);
  // composeHostFile says which name was meant.
  const pool = host === undefined ? undefined : coordinatorFor(fleet, host, coordinators);
  const mac = host === undefined ? '' : macOf(host);
  const text = await composeHostFile(fleet, name, { pool });
  const { hostFile } = await parseHostFile(text, `the host file of ${name}`, {
    toolstack: image.toolstack,
  });
  const userData = formatUserData(text);
  return { name, mac, hostFile, userData, secret: hasSecrets(hostFile) };
}

function macOf(host: FleetHost): string {
  if ('mac' in host.identity) return host.identity.mac.toLowerCase();
  throw new KronosError(
    'input/export-identity',
    `${host.name} cannot be exported: other engines know a machine by its MAC address`,
    { hint: 'give the host a mac in the fleet file in place of serial, assetTag or order' },
  );
}

/** The coordinator that a member joins; undefined for the coordinator itself, and for a host without a pool. */
function coordinatorFor(
  fleet: Fleet,
  host: FleetHost,
  coordinators: ReadonlyMap<string, Coordinator>,
): Coordinator | undefined {
  const pool = fleet.pools.find(({ name }) => name === host.pool);
  if (pool === undefined) return undefined;
  const refuse = (why: string, hint: string): KronosError =>
    new KronosError('input/export-pool', `${host.name} cannot be exported: ${why}`, { hint });
  if (pool.coordinator === 'first-seen') {
    throw refuse(
      `only a fleet server sees which host of the pool ${pool.name} appears first`,
      'name the coordinator of the pool in the fleet file',
    );
  }
  if (pool.coordinator.host === host.name) return undefined;
  const known = coordinators.get(pool.name);
  if (known !== undefined) return known;
  throw refuse(
    `a member needs the certificate of its coordinator ${pool.coordinator.host}`,
    `export and install --host ${pool.coordinator.host} first, then give --coordinator ${pool.name}=ADDRESS,SHA256`,
  );
}

function hasSecrets(hostFile: HostFile): boolean {
  const { root, users } = hostFile;
  const hashes = [root, ...users].some(({ passwordHash }) => /^\$/.test(passwordHash ?? ''));
  return hashes || listSecrets(hostFile).some(({ secret }) => typeof secret === 'string');
}

/** Engines know small letters only. */
function findNamesakes(hosts: readonly ExportHost[]): KronosError[] {
  const names = hosts.map(({ name }) => name.toLowerCase());
  return hosts
    .filter((_host, index) => names.indexOf(names[index] ?? '') !== index)
    .map(
      ({ name }) =>
        new KronosError('input/export-name', `another host is called ${name} but for capitals`, {
          hint: 'engines know small letters only; rename one of the two',
        }),
    );
}
