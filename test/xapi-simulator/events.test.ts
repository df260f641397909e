import { join } from 'node:path';
import test from 'ava';
import { socketDoor } from '../../src/xenapi/door.ts';
import { LOCAL, openSession } from '../../src/xenapi/session.ts';
import { temporaryDirectory } from '../temporary.ts';
import { Lab } from './lab.ts';
import { listen } from './server.ts';

interface Batch {
  events: { class: string; operation: string; ref: string; snapshot?: Record<string, unknown> }[];
  token: string;
  valid_ref_counts: Record<string, number>;
}

test('events come as the real server sends them', async (t) => {
  const nics = [{ device: 'eth0', mac: '52:54:00:00:00:01' }];
  const host = new Lab(100).add({ address: '10.0.0.5', nics });
  const socket = await listen(host, 'unix', join(await temporaryDirectory(t), 'xapi'));
  t.teardown(socket.close);
  const session = await openSession(
    socketDoor(String(socket.at)),
    LOCAL,
    new AbortController().signal,
  );
  const from = (classes: string[], token: string, timeout = 0.2) =>
    session.call<Batch>('event.from', [classes, token, timeout]);

  const first = await from(['*'], '');
  t.true(first.events.every(({ operation }) => operation === 'add'));
  t.true(
    first.events.some((event) => event.class === 'host' && event.snapshot?.['enabled'] === true),
  );
  t.false(first.events.some((event) => event.class === 'session'));
  t.regex(first.token, /^\d{20},\d{20}$/);
  t.is(first.valid_ref_counts['pif'], 0);
  t.deepEqual((await from(['*'], first.token)).events, []);
  t.deepEqual((await from(['nosuch'], '')).events, [], 'an unknown class is no error');
  await t.throwsAsync(from(['*'], 'garbage'), { message: /EVENT_FROM_TOKEN_PARSE_FAILURE/ });

  const waiting = from(['PIF', 'network'], first.token, 5);
  await session.call('PIF.scan', [host.xapi.host]);
  const scan = await waiting;
  t.true(scan.events.some((event) => event.class === 'pif' && event.operation === 'add'));

  const { ref = '' } = scan.events.find((event) => event.class === 'pif') ?? {};
  await session.call('PIF.reconfigure_ip', [ref, 'DHCP', '', '', '', '']);
  const changed = await from([`PIF/${ref}`], scan.token);
  t.deepEqual(
    changed.events.map(({ operation }) => operation),
    ['mod'],
  );

  const network = await session.call<string>('network.create', [
    { name_label: 'n', other_config: {} },
  ]);
  const made = await from(['network'], changed.token);
  await session.call('network.destroy', [network]);
  const gone = await from(['network'], made.token);
  t.deepEqual(
    gone.events.map(({ operation, snapshot }) => [operation, snapshot]),
    [['del', undefined]],
  );
});
