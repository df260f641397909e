// A mainboard is replaced, the network card is kept: the same MAC address, and another machine.
import test from 'ava';
import type { KronosError } from '../../../src/common/error.ts';
import { openDesk } from '../../../src/fleet/desk/open.ts';
import { Machine, openScene, startRollout } from './scene.ts';

const MAC = '52:54:00:ab:00:01';

test('a machine whose mainboard was replaced is taken for the one it was once a person names it', async (t) => {
  const scene = await openScene(t);
  const desk = openDesk(scene);
  await startRollout(scene);
  const old = new Machine(scene, MAC, 'OLD');
  await old.start();
  await old.introduce();
  await old.fetchHostFile();
  await old.report('install', ['disk'], 'failed');
  t.is(old.state, 'failed');

  const name = { do: 'name', machine: MAC, host: 'xen01' } as const;
  const board = new Machine(scene, MAC, 'NEW');
  await board.start();
  t.is((await board.hello(scene.inventory)).status, 409);
  const before = await desk.details('xen01');
  t.is(before?.status.twins, 1);
  t.regex(before?.history.at(-1)?.text ?? '', /was refused: serial number NEW$/);
  // As it is typed from a label.
  t.is(
    (await desk.act({ ...name, replaced: 'new' })).message,
    `${MAC} is the machine of xen01; from now on it is new, and OLD is refused`,
  );
  t.like((await desk.details('xen01'))?.status, { state: 'failed', twins: 0, serial: 'new' });
  t.is((await desk.details('xen01'))?.inventory, undefined);

  // Whoever does not tell what it has is asked; then it is known as it calls itself.
  t.deepEqual(JSON.parse((await board.hello()).text), { do: 'introduce' });
  t.like(await board.introduce(), { do: 'wait' });
  t.like((await desk.details('xen01'))?.status, { serial: 'NEW', attempt: 1 });
  t.not((await desk.details('xen01'))?.inventory, undefined);
  await desk.act({ do: 'retry', hosts: ['xen01'] });
  await board.start();
  t.like(await board.introduce(), { do: 'install', attempt: 2 });

  // The old board is the other machine now, and may become it again as long as no host file is out.
  await old.start();
  t.is((await old.hello()).status, 409);
  t.is((await desk.details('xen01'))?.status.twins, 1);
  await desk.act({ ...name, replaced: 'OLD' });
  t.is((await board.hello()).status, 409);
  t.is((await desk.details('xen01'))?.status.twins, 1, 'written down again');
  await desk.act({ ...name, replaced: 'NEW' });
  t.is(
    (await desk.act({ ...name, replaced: 'NEW' })).message,
    `${MAC} is the machine of xen01; it has the serial number NEW already`,
  );
  t.is((await board.fetchHostFile(2)).status, 200);
  const late = await t.throwsAsync<KronosError>(desk.act({ ...name, replaced: 'OLD' }));
  t.is(late.code, 'input/fleet-action');
  t.is(late.message, `${MAC} is under way (installing)`);
});

test('a mainboard without a serial number is named by its UUID', async (t) => {
  const scene = await openScene(t);
  const desk = openDesk(scene);
  const old = new Machine(scene, MAC, 'OLD');
  await old.start();
  await old.introduce();
  const uuid = '9F3B2C1D-0000-4000-8000-0123456789AB';
  await desk.act({ do: 'name', machine: MAC, host: 'xen01', replaced: uuid });
  const board = new Machine(scene, MAC);
  delete board.facts['serial'];
  board.facts['uuid'] = '00000000-0000-4000-8000-000000000000';
  await board.start();
  t.is((await board.hello(scene.inventory)).status, 409, 'another one with this card');
  board.facts['uuid'] = uuid;
  t.like(await board.introduce(), { do: 'wait' });
  t.is((await old.hello()).status, 409);
});
