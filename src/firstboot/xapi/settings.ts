// Settings of a host with xapi that are plain values: looked at first, set only where they differ.
import type { HostFile } from '../../host/schema/host-file.ts';
import type { Json } from '../../xenapi/message.ts';
import type { Session } from '../../xenapi/session.ts';
import { refused } from './refused.ts';

/** What of the own host's record counts. */
export interface HostSettings {
  uuid: string;
  hostname: string;
  name_label: string;
  ntp_mode: string;
  ntp_custom_servers: readonly string[];
  timezone: string;
  iscsi_iqn: string;
  multipathing: boolean;
  logging: Readonly<Record<string, string>>;
}

export interface PoolSettings {
  name_label: string;
  name_description: string;
  tls_verification_enabled: boolean;
}

/** One call. */
export interface SettingCall {
  method: string;
  /** Behind the session. */
  parameters: Json[];
  what: string;
}

/**
 * The calls that make the settings those of the host file, in their order; none where they are. `host`, `pool`: references.
 * `alone`: the host is in no pool of others yet, so the pool's settings are its own.
 */
export function findSettingCalls(
  hostFile: Pick<HostFile, 'hostname' | 'ntp' | 'timezone' | 'syslog' | 'pool' | 'storage'>,
  host: { ref: string } & HostSettings,
  pool: { ref: string; alone: boolean } & PoolSettings,
): SettingCall[] {
  const calls: SettingCall[] = [];
  const need = (differs: boolean, method: string, parameters: Json[], what: string): void => {
    if (differs) calls.push({ method, parameters, what });
  };
  const { hostname, ntp, timezone, syslog, pool: wantedPool } = hostFile;
  const [short = hostname] = hostname.split('.');
  need(host.hostname !== short, 'host.set_hostname_live', [host.ref, short], 'naming the host');
  need(
    host.name_label !== short,
    'host.set_name_label',
    [host.ref, short],
    'naming the host in XenAPI',
  );
  need(
    host.timezone !== timezone,
    'host.set_timezone',
    [host.ref, timezone],
    'setting the time zone',
  );
  if (ntp.length > 0) {
    const same = [...host.ntp_custom_servers].join(' ') === ntp.join(' ');
    need(!same, 'host.set_ntp_custom_servers', [host.ref, [...ntp]], 'naming the time servers');
    need(
      host.ntp_mode !== 'Custom',
      'host.set_ntp_mode',
      [host.ref, 'Custom'],
      'using the time servers',
    );
  }
  if (syslog !== undefined) {
    const { server } = syslog;
    const differs = host.logging['syslog_destination'] !== server;
    need(
      differs,
      'host.set_logging',
      [host.ref, { ...host.logging, syslog_destination: server }],
      'naming the log server',
    );
    need(differs, 'host.syslog_reconfigure', [host.ref], 'using the log server');
  }
  // Nobody else names the host as an iSCSI initiator; a name that it has stays.
  need(
    host.iscsi_iqn === '',
    'host.set_iscsi_iqn',
    [host.ref, initiatorName(hostname, host.uuid)],
    'naming the iSCSI initiator',
  );
  const wantsWays = hostFile.storage.some((one) => one.type === 'iscsi' && one.multipath);
  need(
    wantsWays && !host.multipathing,
    'host.set_multipathing',
    [host.ref, true],
    'using several ways to storage at once',
  );
  if (!pool.alone) return calls;
  // Both sides of a join must agree, so it is on everywhere.
  need(
    !pool.tls_verification_enabled,
    'pool.enable_tls_verification',
    [],
    'verifying certificates',
  );
  if (wantedPool?.role === 'coordinator') {
    const { name, description = '' } = wantedPool;
    need(pool.name_label !== name, 'pool.set_name_label', [pool.ref, name], 'naming the pool');
    const described = pool.name_description === description;
    need(!described, 'pool.set_name_description', [pool.ref, description], 'describing the pool');
  }
  return calls;
}

/** The name that upstream's first boot would make, but the same one each time. Source: RFC 3720, 3.2.6.3.1. */
export function initiatorName(hostname: string, uuid: string): string {
  const domain = hostname.split('.').slice(1).reverse().join('.');
  return `iqn.2026-01.${domain === '' ? 'com.example' : domain}:${uuid.slice(0, 8)}`;
}

/** Makes the calls. Errors: `host/xapi-refused`, those of a call. */
export async function makeSettings(
  session: Session,
  calls: readonly SettingCall[],
  note: (text: string) => void,
): Promise<void> {
  for (const { method, parameters, what } of calls) {
    note(what);
    try {
      await session.call(method, parameters);
    } catch (error) {
      throw refused(what, error);
    }
  }
}
