// Makes and attaches storage repositories by calls over the own socket.
import { XenApiError } from '../../xenapi/message.ts';
import type { Session } from '../../xenapi/session.ts';
import { refused } from './refused.ts';
import {
  chooseLun,
  describeRepository,
  parseLuns,
  planRepository,
  type LocalFacts,
  type Repository,
  type RepositoryChange,
  type SrDescription,
  type StorageView,
} from './repositories.ts';

/** A driver looks at disks and servers first. Seconds. */
const PATIENCE = 900;

/** What SR.probe answers where a target has volumes to choose from. */
const LUN_LIST = 'SR_BACKEND_FAILURE_107';

export interface AttachOptions {
  /** UUID of the own host. */
  uuid: string;
  repository: Repository;
  local?: LocalFacts | undefined;
  /** Password of the repository, where it has one. */
  password?: string | undefined;
  note: (text: string) => void;
}

/** Errors: those of a call. */
export async function readStorage(session: Session, uuid: string): Promise<StorageView> {
  return {
    host: await session.call<string>('host.get_by_uuid', [uuid]),
    SR: await session.call<StorageView['SR']>('SR.get_all_records'),
    PBD: await session.call<StorageView['PBD']>('PBD.get_all_records'),
  };
}

/**
 * Attaches a repository, which is made only where there is none. Returns its reference.
 * Errors: `host/xapi-refused`, `host/storage-not-empty`, `host/no-such-lun`, those of a call.
 */
export async function attachRepository(session: Session, options: AttachOptions): Promise<string> {
  const { uuid, repository, local, note } = options;
  const what = `attaching the storage repository ${repository.name}`;
  try {
    const view = await readStorage(session, uuid);
    const change = planRepository(await withVolume(session, view.host, options), view, local);
    if (change.type !== 'none') note(describeChange(change));
    return await applyChange(session, view.host, change, options);
  } catch (error) {
    throw refused(what, error);
  }
}

/** An iSCSI repository with the volume that it is on, where the host file leaves that to the target. */
async function withVolume(
  session: Session,
  host: string,
  { repository, password }: AttachOptions,
): Promise<Repository> {
  if (repository.type !== 'iscsi' || repository.scsiId !== undefined) return repository;
  const description = describeRepository(repository);
  const config = await configOf(session, description, { password });
  try {
    await session.call('SR.probe', [host, config, description.type, {}], {
      timeoutSeconds: PATIENCE,
    });
  } catch (error) {
    if (!(error instanceof XenApiError) || error.code !== LUN_LIST) throw error;
    const luns = parseLuns(error.parameters.join(' '));
    return { ...repository, scsiId: chooseLun(repository, luns) };
  }
  return { ...repository, scsiId: chooseLun(repository, []) };
}

async function applyChange(
  session: Session,
  host: string,
  change: RepositoryChange,
  options: AttachOptions,
): Promise<string> {
  const { repository } = options;
  if (change.type === 'none') return change.sr;
  if (change.type === 'plug') {
    await session.call('PBD.plug', [change.pbd], { timeoutSeconds: PATIENCE });
    return change.sr;
  }
  const { type, contentType, shared } = change.description;
  const config = await configOf(session, change.description, options);
  if (change.type === 'create') {
    const parameters = [host, config, 0, repository.name, '', type, contentType, shared, {}];
    return session.call<string>('SR.create', parameters, { timeoutSeconds: PATIENCE });
  }
  const sr =
    change.type === 'attach'
      ? change.sr
      : await introduce(session, change.uuid, repository.name, change.description);
  const pbd = await session.call<string>('PBD.create', [
    { host, SR: sr, device_config: config, other_config: {} },
  ]);
  await session.call('PBD.plug', [pbd], { timeoutSeconds: PATIENCE });
  return sr;
}

/** A cut between SR.introduce and PBD.create leaves the record: it is taken then. */
async function introduce(
  session: Session,
  uuid: string,
  name: string,
  { type, contentType, shared }: SrDescription,
): Promise<string> {
  try {
    return await session.call<string>('SR.get_by_uuid', [uuid]);
  } catch (error) {
    if (!(error instanceof XenApiError) || error.code !== 'UUID_INVALID') throw error;
    return session.call<string>('SR.introduce', [uuid, name, '', type, contentType, shared, {}]);
  }
}

async function configOf(
  session: Session,
  description: SrDescription,
  { password }: Pick<AttachOptions, 'password'>,
): Promise<Record<string, string>> {
  return { ...description.place, ...(await withSecret(session, description, password)) };
}

/** Passwords go into the server's store of secrets; device configurations are shown to everybody who may read. */
async function withSecret(
  session: Session,
  { type, options }: Pick<SrDescription, 'type' | 'options'>,
  password: string | undefined,
): Promise<Record<string, string>> {
  if (password === undefined) return options;
  const ref = await session.call<string>('secret.create', [{ value: password, other_config: {} }]);
  const uuid = await session.call<string>('secret.get_uuid', [ref]);
  const key = {
    lvmoiscsi: 'chappassword_secret',
    smb: 'password_secret',
    iso: 'cifspassword_secret',
  }[type];
  return key === undefined ? options : { ...options, [key]: uuid };
}

function describeChange(change: RepositoryChange): string {
  const words: Record<RepositoryChange['type'], string> = {
    none: 'there already',
    plug: 'attaching what is known',
    introduce: 'taking over what is on the disks',
    attach: 'attaching what others of the pool have',
    create: 'making it',
  };
  return words[change.type];
}
