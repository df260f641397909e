// Machines from power on to ready over real HTTP and HTTPS.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FLEET_PATHS, ordersSchema } from '../../../src/host/fleet/messages.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { CANARY, Machine, openScene, startRollout, until } from './scene.ts';

const COORDINATOR = { address: '192.0.2.11', fingerprint: 'cd'.repeat(32) };

test('two machines become a pool, and are not installed again', async (t) => {
  const scene = await openScene(t);
  const first = new Machine(scene, '52:54:00:ab:00:01');
  const second = new Machine(scene, '52:54:00:ab:00:02');
  for (const [machine, loader] of [
    [first, 'cfg'],
    [second, 'ipxe'],
  ] as const) {
    t.is(await machine.start(loader), 'unattended');
    t.deepEqual(JSON.parse((await machine.hello()).text), { do: 'introduce' });
    t.like(await machine.introduce(), { do: 'wait' });
    t.is(machine.state, 'seen');
  }
  await startRollout(scene);
  await until(() => first.state === 'armed', 'the coordinator is armed');
  t.is(second.state, 'seen', 'members wait for their coordinator');
  const orders = ordersSchema.parse(JSON.parse((await first.hello()).text));
  t.deepEqual(orders, { do: 'install', host: 'xen01', attempt: 1 });

  const answer = await first.fetchHostFile();
  t.is(answer.status, 200);
  t.is(answer.headers['cache-control'], 'no-store');
  const { hostFile } = JSON.parse(answer.text) as { hostFile: string };
  const read = await parseHostFile(hostFile, 'xen01', { facts: first.facts });
  t.like(read.hostFile.report, {
    url: `${scene.server.httpsUrl}${FLEET_PATHS.events}`,
    fingerprint: scene.server.fingerprint,
  });
  t.is(first.state, 'installing');
  t.is((await first.report('install', ['check', 'disk'])).status, 204);
  t.is((await first.report('install', ['image'], 'ok')).status, 204);
  t.is(first.state, 'first-boot');
  t.is(await first.start(), 'disk', 'an installed machine starts its own disk');
  await first.report('firstboot', ['network', 'pool'], 'ok', { coordinator: COORDINATOR });
  t.is(first.state, 'ready');

  await until(() => second.state === 'armed', 'the member is armed');
  const member = await second.fetchHostFile();
  t.true(member.text.includes(CANARY), 'a member is given what it joins with');
  t.true(member.text.includes(COORDINATOR.fingerprint));
  await second.report('install', ['disk'], 'ok');
  await second.report('firstboot', ['pool']);
  t.is(second.state, 'joined');
  await second.report('firstboot', ['storage'], 'ok');
  t.is(second.state, 'ready');
  for (const machine of [first, second]) t.is(await machine.start(), 'disk');
  const told = scene.lines.join('\n');
  t.regex(told, /xen01 .*: to be installed\n/);
  t.regex(told, /xen02 .*: firstboot went well/);
  t.false(told.includes(CANARY));
});

test('what comes twice counts once, and a server that starts again goes on', async (t) => {
  const scene = await openScene(t);
  const machine = new Machine(scene, '52:54:00:ab:00:01');
  await startRollout(scene);
  await machine.start();
  t.like(await machine.introduce(), { do: 'install' });
  await machine.fetchHostFile();
  const message = machine.message('install', ['check', 'copy started', 'copy progress']);
  const post = () => machine.post(FLEET_PATHS.events, message, machine.reportToken);
  t.is((await post()).status, 204);
  t.deepEqual(
    [...scene.store.passing().values()].map(({ percent }) => percent),
    [50],
    'progress passes',
  );
  await scene.restart();
  t.is(machine.state, 'installing');
  t.is((await post()).status, 204);
  const journal = await scene.store.history(machine.mac);
  const steps = journal.flatMap(({ event }) => (event.type === 'step' ? [event.state] : []));
  t.deepEqual(steps, ['finished', 'started']);
  await machine.report('install', ['copy'], 'failed');
  t.is(machine.state, 'failed');
  const after = await machine.post(FLEET_PATHS.after, {}, machine.reportToken);
  t.like(JSON.parse(after.text), { do: 'wait' });
  await scene.store.transact(() => ({
    append: [{ subject: machine.mac, event: { type: 'retry', reinstall: false } }],
    result: undefined,
  }));
  await until(() => machine.state === 'armed', 'it is armed again');
  const again = await machine.post(FLEET_PATHS.after, {}, machine.reportToken);
  t.like(JSON.parse(again.text), { do: 'restart' });
  t.is(await machine.start(), 'unattended');
  t.like(JSON.parse((await machine.hello()).text), { do: 'install', attempt: 2 });
});

test('a host file that was lost on its way is given out again, for a new start', async (t) => {
  const scene = await openScene(t);
  const machine = new Machine(scene, '52:54:00:ab:00:01');
  await startRollout(scene);
  await machine.start();
  await machine.introduce();
  t.is((await machine.fetchHostFile()).status, 200);
  t.like(JSON.parse((await machine.hello()).text), { do: 'restart' });
  t.is(await machine.start(), 'unattended');
  t.like(JSON.parse((await machine.hello()).text), { do: 'install' });
  t.is(
    (await machine.fetchHostFile(machine.scene.store.state().machines.get(machine.mac)?.attempt))
      .status,
    200,
  );
});

test('the directory for TFTP leads to the server', async (t) => {
  const scene = await openScene(t);
  const tftp = join(scene.directory, 'state/tftp');
  const { host } = new URL(scene.server.httpUrl);
  const grub = await readFile(join(tftp, 'site.cfg'), 'utf8');
  t.true(grub.includes(`source "(http,${host})/boot/$net_default_mac.cfg"`));
  const ipxe = await readFile(join(tftp, 'site.ipxe'), 'utf8');
  t.true(ipxe.includes(`http://${host}/boot/\${netX/mac:hexhyp}.ipxe`));
  t.is(await readFile(join(tftp, 'grub/here.cfg'), 'utf8'), 'set kronos_here=yes\n');
});
