// Storage repositories of a simulated host: SR, PBD, secret, and drivers that can reach what the test says they can.
import type { Json } from '../../src/xenapi/message.ts';
import { Refusal, type DataRecord } from './database.ts';
import { text, type Message } from './messages.ts';
import type { Xapi } from './xapi.ts';

/** What drivers find: servers and devices that are there. */
export interface StorageWorld {
  devices: Pick<ReadonlySet<string>, 'has'>;
  nfsServers: ReadonlySet<string>;
  iscsiTargets: ReadonlySet<string>;
  smbServers: ReadonlySet<string>;
}

export const NOTHING: StorageWorld = {
  ...{ devices: new Set(), nfsServers: new Set(), iscsiTargets: new Set(), smbServers: new Set() },
};

type Config = Readonly<Record<string, string>>;

/** Checks of each driver before it makes a repository, in its order. */
const DRIVERS: Readonly<Record<string, (config: Config, world: StorageWorld) => void>> = {
  dummy: () => undefined,
  shm: () => undefined,
  hba: () => undefined,
  lvmohba: () => undefined,
  udev: (config) => {
    require(config, 'location', 94);
  },
  file: (config) => {
    require(config, 'location', 94);
  },
  iso: ({ location = '', type }, { nfsServers }) => {
    const [server = ''] = location.split(':');
    if (type === 'nfs_iso' && !nfsServers.has(server)) noNfs();
  },
  nfs: (config, { nfsServers }) => {
    if (!nfsServers.has(require(config, 'server', 102))) noNfs();
    require(config, 'serverpath', 103);
  },
  smb: ({ server = '' }, { smbServers }) => {
    if (!smbServers.has(server))
      failed(111, 'SMB mount error [opterr=mount failed with return code 2]');
  },
  lvmoiscsi: (config, { iscsiTargets }) => {
    if (!iscsiTargets.has(require(config, 'target', 95)))
      failed(141, 'Unable to connect to ISCSI service on target');
    require(config, 'targetIQN', 96);
    require(config, 'SCSIid', 107);
  },
  lvm: onDevices,
  ext: onDevices,
};

function onDevices(config: Config, { devices }: StorageWorld): void {
  for (const device of require(config, 'device', 90).split(',')) {
    if (!devices.has(device)) failed(19, `No such device [opterr=Device ${device} does not exist]`);
  }
}

function require(config: Config, name: string, code: number): string {
  return config[name] ?? failed(code, `The request is missing the ${name} parameter`);
}

function noNfs(): never {
  return failed(108, 'Unable to detect an NFS service on this target.');
}

function failed(code: number, why: string): never {
  throw new Refusal(`SR_BACKEND_FAILURE_${code}`, '', why, '');
}

function driverOf(type: Json | undefined): (config: Config, world: StorageWorld) => void {
  const driver = DRIVERS[text(type).toLowerCase()];
  if (driver === undefined) throw new Refusal('SR_UNKNOWN_DRIVER', text(type));
  return driver;
}

/** Adds the messages of storage to a server. */
export function addStorage(xapi: Xapi, world: StorageWorld = NOTHING): void {
  const { database } = xapi;
  const add = (name: string, least: number, most: number, run: Message<Xapi>['run']): void => {
    xapi.add(name, { parameters: [least, most], run });
  };
  for (const type of Object.keys(DRIVERS)) database.insert('SM', { type, name_label: type });
  const sr = (ref: Json | undefined): DataRecord => database.get('SR', text(ref));
  const pbd = (ref: Json | undefined): DataRecord => database.get('PBD', text(ref));
  const pbdsOf = (ref: Json | undefined): DataRecord[] =>
    (sr(ref)['PBDs'] as string[]).map((one) => pbd(one));

  add('SR.get_supported_types', 0, 0, () => Object.keys(DRIVERS));
  add(
    'SR.create',
    8,
    9,
    (_call, host, config, size, label, description, type, content, shared, sm) => {
      if (!database.records('host').has(text(host))) throw new Refusal('HOST_OFFLINE', text(host));
      const driver = driverOf(type);
      const settings = { ...(config as Config) };
      for (const [key, value] of Object.entries(settings)) {
        if (!key.endsWith('_secret')) continue;
        const known = [...database.records('secret').values()].some((one) => one['uuid'] === value);
        if (!known) throw new Refusal('UUID_INVALID', 'secret', value);
      }
      driver(settings, world);
      const ref = database.insert('SR', {
        ...{
          name_label: label ?? '',
          name_description: description ?? '',
          shared: shared ?? false,
        },
        ...{ type: text(type).toLowerCase(), content_type: content ?? '', sm_config: sm ?? {} },
        physical_size: Number(size),
      });
      connect(xapi, {
        host: text(host),
        SR: ref,
        device_config: settings,
        currently_attached: true,
      });
      return ref;
    },
  );
  add('SR.introduce', 6, 7, (_call, uuid, label, description, type, content, shared, sm) => {
    const known = [...database.records('SR').values()].some((one) => one['uuid'] === uuid);
    if (known) throw new Refusal('SR_UUID_EXISTS', text(uuid));
    return database.insert('SR', {
      ...{ uuid: text(uuid), name_label: label ?? '', name_description: description ?? '' },
      ...{ type: type ?? '', content_type: content ?? '', shared: shared ?? false },
      sm_config: sm ?? {},
    });
  });
  for (const name of ['SR.forget', 'SR.destroy']) {
    add(name, 1, 1, (_call, ref) => {
      if (pbdsOf(ref).some((one) => one['currently_attached'] === true))
        throw new Refusal('SR_HAS_PBD', text(ref));
      for (const one of sr(ref)['PBDs'] as string[]) database.records('PBD').delete(one);
      database.records('SR').delete(text(ref));
      return '';
    });
  }
  add('SR.scan', 1, 1, (_call, ref) => {
    if (!pbdsOf(ref).some((one) => one['currently_attached'] === true))
      throw new Refusal('SR_HAS_NO_PBDS', text(ref));
    return '';
  });
  add('SR.set_shared', 2, 2, (_call, ref, value) => {
    sr(ref)['shared'] = value ?? false;
    return '';
  });
  for (const name of ['SR.probe', 'SR.probe_ext']) {
    add(name, 3, 4, (_call, _host, config, type) => {
      driverOf(type)(config as Config, world);
      const detail = '[S(Internal_error);S(Smint.Not_implemented_in_backend)]';
      throw new Refusal('INTERNAL_ERROR', `Storage_error (${detail})`);
    });
  }

  add('PBD.create', 1, 1, (_call, given) => {
    const values = fieldsOf(given, ['host', 'SR', 'device_config']);
    const same = [...database.records('PBD')].find(
      ([, one]) => one['SR'] === values['SR'] && one['host'] === values['host'],
    );
    if (same !== undefined)
      throw new Refusal('PBD_EXISTS', text(values['SR']), text(values['host']), same[0]);
    return connect(xapi, { ...values, SR: text(values['SR']), currently_attached: false });
  });
  add('PBD.plug', 1, 1, (_call, ref) => {
    pbd(ref)['currently_attached'] = true;
    return '';
  });
  add('PBD.unplug', 1, 1, (_call, ref) => {
    pbd(ref)['currently_attached'] = false;
    return '';
  });
  add('PBD.destroy', 1, 1, (_call, ref) => {
    const record = pbd(ref);
    if (record['currently_attached'] === true)
      throw new Refusal('OPERATION_NOT_ALLOWED', 'PBD is currently attached');
    const owner = sr(record['SR']);
    owner['PBDs'] = (owner['PBDs'] as string[]).filter((one) => one !== ref);
    database.records('PBD').delete(text(ref));
    return '';
  });

  add('secret.create', 1, 1, (_call, given) => {
    const { value, other_config: other = {} } = fieldsOf(given, ['value']);
    return database.insert('secret', { value: value ?? '', other_config: other });
  });
  add('secret.introduce', 3, 3, (_call, uuid, value, other) =>
    database.insert('secret', { uuid: text(uuid), value: value ?? '', other_config: other ?? {} }),
  );
  add('secret.destroy', 1, 1, (_call, ref) => {
    database.get('secret', text(ref));
    database.records('secret').delete(text(ref));
    return '';
  });
}

function connect(xapi: Xapi, values: DataRecord & { SR: string }): string {
  const ref = xapi.database.insert('PBD', values);
  const owner = xapi.database.get('SR', values.SR);
  owner['PBDs'] = [...(owner['PBDs'] as string[]), ref];
  return ref;
}

/** The members of a record that a constructor gets. */
export function fieldsOf(given: Json | undefined, needed: readonly string[]): DataRecord {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Refusal('INTERNAL_ERROR', 'Failure("bad __structure")');
  const missing = needed.find((name) => !(name in given));
  if (missing !== undefined)
    throw new Refusal('INTERNAL_ERROR', `Server_helpers.Dispatcher_FieldNotFound("${missing}")`);
  return given as DataRecord;
}
