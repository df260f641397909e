import { join } from 'node:path';
import test from 'ava';
import {
  findSettingCalls,
  makeSettings,
  type HostSettings,
  type PoolSettings,
} from '../../../src/firstboot/xapi/settings.ts';
import { socketDoor } from '../../../src/xenapi/door.ts';
import { LOCAL, openSession } from '../../../src/xenapi/session.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { Lab } from '../../xapi-simulator/lab.ts';
import { listen } from '../../xapi-simulator/server.ts';

const WANTED = {
  ...{ hostname: 'xen01.example.net', ntp: ['ntp1', 'ntp2'], timezone: 'Europe/Berlin' },
  syslog: { server: 'logs', port: 514, protocol: 'udp' as const },
  pool: { role: 'coordinator' as const, name: 'rack 1' },
  storage: [
    {
      ...{ type: 'iscsi' as const, name: 'san', iqn: 'iqn.2020-01.net.example:san' },
      ...{ targets: [{ address: '10.0.0.9', port: 3260 }], multipath: true },
    },
  ],
};

test('settings are made once, and a second look finds nothing to do', async (t) => {
  const nics = [{ device: 'eth0', mac: '52:54:00:00:00:01' }];
  const host = new Lab(100).add({ address: '10.0.0.5', nics });
  const socket = await listen(host, 'unix', join(await temporaryDirectory(t), 'xapi'));
  t.teardown(socket.close);
  const { signal } = new AbortController();
  const session = await openSession(socketDoor(String(socket.at)), LOCAL, signal);
  const { host: ref, pool } = host.xapi;
  const find = async () =>
    findSettingCalls(
      WANTED,
      { ref, ...(await session.call<HostSettings>('host.get_record', [ref])) },
      { ref: pool, alone: true, ...(await session.call<PoolSettings>('pool.get_record', [pool])) },
    );
  const calls = await find();
  t.deepEqual(
    calls.map(({ method }) => method),
    [
      ...['host.set_hostname_live', 'host.set_name_label', 'host.set_timezone'],
      ...['host.set_ntp_custom_servers', 'host.set_ntp_mode', 'host.set_logging'],
      ...['host.syslog_reconfigure', 'host.set_iscsi_iqn'],
      ...['host.set_multipathing', 'pool.enable_tls_verification', 'pool.set_name_label'],
    ],
  );
  await makeSettings(session, calls, () => undefined);
  const uuid = await session.call<string>('host.get_uuid', [ref]);
  t.is(
    await session.call('host.get_iscsi_iqn', [ref]),
    `iqn.2026-01.net.example:${uuid.slice(0, 8)}`,
  );
  t.deepEqual(await find(), []);
});

test('what belongs to the pool of others is left alone', (t) => {
  const host = {
    hostname: 'xen01',
    name_label: 'xen01',
    timezone: 'Europe/Berlin',
    ...{ uuid: 'u', iscsi_iqn: 'iqn.2020-01.net.example:x', multipathing: true },
    logging: { syslog_destination: 'logs' },
  };
  const calls = findSettingCalls(
    WANTED,
    { ref: 'h', ntp_mode: 'Custom', ntp_custom_servers: ['ntp1', 'ntp2'], ...host },
    {
      ref: 'p',
      alone: false,
      name_label: '',
      name_description: '',
      tls_verification_enabled: false,
    },
  );
  t.deepEqual(calls, []);
});
