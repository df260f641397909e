// What a coordinator tells of itself, against the simulated server over real TLS.
import { writeFile } from 'node:fs/promises';
import test from 'ava';
import { readCoordinator } from '../../../src/firstboot/xapi/coordinator.ts';
import { makePoolLab } from './pool-lab.ts';
import { runBoot, type Boot } from './run-steps.ts';

/** The same first boot, of a host file with a report target. */
function reporting(boot: Boot): Boot {
  return { ...boot, text: `${boot.text}\nreport: { url: "https://fleet.example.net/" }` };
}

test('a coordinator reads the address and the certificate by which members reach it, once', async (t) => {
  const { coordinator, member } = await makePoolLab(t);
  t.false('coordinator' in (await coordinator.run()), 'where nobody would hear of it');
  const boot = reporting(coordinator.boot());
  const told: string[] = [];
  const run = (more: Partial<Boot['places']> = {}): ReturnType<typeof runBoot> =>
    runBoot({ ...boot, places: { ...boot.places, ...more } }, (failure) => told.push(failure));
  t.like(await run(), { coordinator: 'done' }, told.join('\n'));
  const found = await readCoordinator(coordinator.directory);
  t.is(found?.address, '127.0.0.1');
  // With what it says a member joins.
  const joiner = await member('xen02', '10.0.0.2');
  t.true(joiner.boot().text.includes(`fingerprint: "${found?.fingerprint}"`));
  t.like(await run(), { coordinator: 'unchanged' });
  // Lost or damaged, it is read again.
  await writeFile(`${coordinator.directory}/coordinator.json`, '{"addr');
  t.is(await readCoordinator(coordinator.directory), undefined);
  t.like(await run(), { coordinator: 'done' });
  t.deepEqual(await readCoordinator(coordinator.directory), found);
});

test('where DHCP has given no address yet, a coordinator waits for one before it tells how to join', async (t) => {
  const { coordinator } = await makePoolLab(t, 100, { plain: true });
  const boot = reporting(coordinator.boot());
  boot.text = boot.text.replace(/mode: static, address: [^ ]+/, 'mode: dhcp');
  const { database, host } = coordinator.host.xapi;
  const record = database.get('host', host);
  const given = setInterval(() => {
    // Some time after it was asked for the first time.
    if (coordinator.heard.at(-1) === 'session.logout' && asked()) record['address'] = '127.0.0.1';
  }, 500);
  const asked = (): boolean => coordinator.heard.includes('host.get_address');
  t.teardown(() => {
    clearInterval(given);
  });
  const told: string[] = [];
  t.like(
    await runBoot(boot, (failure) => told.push(failure)),
    { coordinator: 'done' },
    told.join(),
  );
  t.is((await readCoordinator(coordinator.directory))?.address, '127.0.0.1');
});

test('a member reads nothing', async (t) => {
  const { coordinator, member } = await makePoolLab(t);
  await coordinator.run();
  const second = await member('xen02', '10.0.0.2');
  t.false('coordinator' in (await runBoot(reporting(second.boot()))));
  t.is(await readCoordinator(second.directory), undefined);
});
