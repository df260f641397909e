// Settings of a simulated host and its pool.
import type { Json } from '../../src/xenapi/message.ts';
import { Refusal, type DataRecord } from './database.ts';
import { text, type Message } from './messages.ts';
import type { Xapi } from './xapi.ts';

const HOST_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;
const TIME_ZONES = ['Etc/UTC', 'Europe/Berlin', 'UTC'];

/** Messages that end without a word, and change a field where one is named: name, parameters, field. */
const PLAIN: readonly [name: string, least: number, most: number, field?: string][] = [
  ['host.syslog_reconfigure', 1, 1],
  ['host.set_multipathing', 2, 2, 'multipathing'],
  ['host.evacuate', 1, 4],
  ['host.set_https_only', 2, 2, 'https_only'],
  ['host.set_ssl_legacy', 2, 2],
  ['host.refresh_server_certificate', 1, 1],
  ['host.enable_ssh', 1, 1],
  ['host.disable_ssh', 1, 1],
  ['host.set_ssh_enabled_timeout', 2, 2, 'ssh_enabled_timeout'],
  ['host.set_console_idle_timeout', 2, 2, 'console_idle_timeout'],
  ['host.apply_edition', 2, 3],
  ['host.set_suspend_image_sr', 2, 2, 'suspend_image_sr'],
  ['host.set_crash_dump_sr', 2, 2, 'crash_dump_sr'],
  ['pool.set_https_only', 2, 2],
  ['pool.enable_ssh', 1, 1],
  ['pool.sync_database', 0, 0],
  ['session.change_password', 2, 2],
];

/** Adds the messages of hosts and pools to a server. */
export function addHosts(xapi: Xapi): void {
  const { database } = xapi;
  const host = (ref: Json | undefined): DataRecord => database.get('host', text(ref));
  const add = (name: string, least: number, most: number, run: Message<Xapi>['run']): void => {
    xapi.add(name, { parameters: [least, most], run });
  };
  const certificates = ['host', 'host_internal'].map((type) =>
    database.insert('Certificate', { type, host: xapi.host }),
  );
  host(xapi.host)['certificates'] = certificates;
  for (const [name, least, most, field] of PLAIN) {
    add(name, least, most, (_call, ref, value) => {
      if (field !== undefined) host(ref)[field] = value ?? '';
      return '';
    });
  }
  add('host.enable', 1, 1, (_call, ref) => {
    host(ref)['enabled'] = true;
    return '';
  });
  add('host.disable', 1, 2, (_call, ref) => {
    host(ref)['enabled'] = false;
    return '';
  });
  for (const name of ['host.reboot', 'host.shutdown']) {
    add(name, 1, 1, (_call, ref) => {
      if (host(ref)['enabled'] === true) throw new Refusal('HOST_NOT_DISABLED');
      return '';
    });
  }
  add('host.destroy', 1, 1, (_call, ref) => {
    throw new Refusal('HOST_IS_LIVE', text(ref));
  });
  add('host.enable_local_storage_caching', 2, 2, (_call, ref, sr) => {
    if (host(ref)['enabled'] === true) throw new Refusal('HOST_NOT_DISABLED');
    host(ref)['local_cache_sr'] = sr ?? '';
    return '';
  });
  add('host.set_hostname_live', 2, 2, (_call, ref, name) => {
    if (text(name) === '') throw new Refusal('HOST_NAME_INVALID', 'hostname empty');
    if (!HOST_NAME.test(text(name)))
      throw new Refusal('HOST_NAME_INVALID', 'hostname contains invalid characters');
    host(ref)['hostname'] = text(name);
    return '';
  });
  add('host.set_iscsi_iqn', 2, 2, (_call, ref, iqn) => {
    if (text(iqn) === '') throw new Refusal('INVALID_VALUE', 'value', '');
    const record = host(ref);
    record['iscsi_iqn'] = text(iqn);
    (record['other_config'] as DataRecord)['iscsi_iqn'] = text(iqn);
    return '';
  });
  add('host.set_ntp_custom_servers', 2, 2, (_call, ref, servers) => {
    const record = host(ref);
    if ((servers as Json[]).length === 0 && record['ntp_mode'] === 'Custom') {
      const why = "Can't set ntp_custom_servers empty when ntp_mode is Custom";
      throw new Refusal('INVALID_NTP_CONFIG', why);
    }
    record['ntp_custom_servers'] = servers ?? [];
    return '';
  });
  add('host.set_ntp_mode', 2, 2, (_call, ref, mode) => {
    const record = host(ref);
    const wanted = text(mode).toLowerCase();
    if (wanted === 'custom' && (record['ntp_custom_servers'] as Json[]).length === 0) {
      const why = "Can't set ntp_mode to Custom when ntp_custom_servers is empty";
      throw new Refusal('INVALID_NTP_CONFIG', why);
    }
    if (wanted === 'factory') {
      const why = "Can't set ntp_mode to Factory when factory ntp servers is empty";
      throw new Refusal('INVALID_NTP_CONFIG', why);
    }
    if (wanted === 'dhcp') {
      const why = 'Unix.Unix_error(Unix.ENOENT, "stat", "/etc/dhcp/dhclient.d/chrony.sh")';
      throw new Refusal('INTERNAL_ERROR', why);
    }
    record['ntp_mode'] = wanted === 'custom' ? 'Custom' : 'Disabled';
    return '';
  });
  for (const name of ['host.get_servertime', 'host.get_server_localtime'])
    add(name, 1, 1, () => '20261122T08:00:00Z');
  add('host.list_timezones', 1, 1, () => TIME_ZONES);
  add('host.set_timezone', 2, 2, (_call, ref, zone) => {
    if (!TIME_ZONES.includes(text(zone)))
      throw new Refusal('INVALID_VALUE', 'timezone', text(zone));
    host(ref)['timezone'] = text(zone);
    return '';
  });
  add('pool.enable_tls_verification', 0, 0, () => {
    database.get('pool', xapi.pool)['tls_verification_enabled'] = true;
    database.get('host', xapi.host)['tls_verification_enabled'] = true;
    return '';
  });
}
