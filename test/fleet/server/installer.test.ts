// The machine's own code, as it is in the live system and on the host, against the real server.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { KronosError } from '../../../src/common/error.ts';
import { startBootReport } from '../../../src/firstboot/report.ts';
import { readSecrets } from '../../../src/firstboot/secrets.ts';
import type { BootContext } from '../../../src/firstboot/context.ts';
import { gatherSecrets } from '../../../src/host/carried-secrets.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { awaitHostFile, awaitRestart } from '../../../src/installer/fleet/orders.ts';
import { reportToFleet } from '../../../src/installer/fleet/report.ts';
import { readFleetServer } from '../../../src/installer/fleet/server.ts';
import { beginSession, type Session } from '../../../src/installer/session.ts';
import type { StepEvent } from '../../../src/steps/event.ts';
import { createScrubber } from '../../../src/steps/scrub.ts';
import { ask, openScene, startRollout, until, type Scene } from './scene.ts';

const MAC = '52:54:00:ab:00:01';

function event(stage: string, step: string, state: StepEvent['state']): StepEvent {
  return { time: '2026-11-01T10:00:00.000Z', stage, step, state, percent: 50, message: step };
}

function stateOf(scene: Scene): string | undefined {
  return scene.store.state().machines.get(MAC)?.state;
}

/** What GRUB does, and then the live system: as far as the host file and a session that reports. */
async function begin(scene: Scene) {
  const { text: script } = await ask(scene.server.httpUrl, `/boot/${MAC}.cfg`);
  const words = /kronos_arguments="(.*)"/.exec(script)?.[1]?.split(' ') ?? [];
  const server = readFleetServer(words);
  if (server === undefined) throw new Error(script);
  const told: string[] = [];
  const waiting = {
    signal: new AbortController().signal,
    tell: (text: string) => void told.push(text),
    pause: () => new Promise<void>((resolve) => setTimeout(resolve, 20)),
  };
  const facts = { mac: MAC, serial: 'S1' };
  const { inventory } = scene;
  const end = await awaitHostFile(server, { facts, inventory, version: '1.2.3' }, waiting);
  if (!('hostFile' in end)) throw new Error(end.restart);
  const session: Session = beginSession(createScrubber([]), { people: [], machines: [] });
  const journal = join(scene.directory, 'journal');
  await writeFile(journal, '{"message":"the last line"}\n');
  const subject = {
    ...{ facts, version: '1.2.3', secrets: {}, scrub: session.scrub, journal },
    note: () => undefined,
  };
  await reportToFleet(session, { text: end.hostFile, server, subject });
  return { server, session, hostFile: end.hostFile, waiting, told };
}

test('a machine fails, is tried again, and becomes ready', async (t) => {
  const scene = await openScene(t);
  await startRollout(scene);
  const first = await begin(scene);
  t.is(stateOf(scene), 'installing');
  first.session.record(event('install', 'copy', 'failed'));
  const error = new KronosError('io/disk-failed', 'sda cannot be written', { hint: 'change it' });
  t.true(await first.session.report?.finish({ error, step: 'copy' }));
  t.is(stateOf(scene), 'failed');
  t.like(scene.store.state().machines.get(MAC)?.failure, {
    ...{ code: 'io/disk-failed', step: 'copy', log: ['{"message":"the last line"}'] },
  });
  const restart = awaitRestart(first.server, first.session.fleet?.token ?? '', first.waiting);
  await until(() => first.told.length > 2, 'it waits');
  await scene.store.transact(() => ({
    append: [{ subject: MAC, event: { type: 'retry', reinstall: false } }],
    result: undefined,
  }));
  t.regex(await restart, /tried again/);

  // In the middle of the second time the server starts again.
  const second = await begin(scene);
  second.session.record(event('install', 'copy', 'started'));
  await scene.restart();
  t.true(await second.session.report?.finish({ plan: 'abc' }));
  t.is(stateOf(scene), 'first-boot');

  // On the host.
  const { hostFile } = await parseHostFile(second.hostFile, 'host.yaml');
  const secretsFile = join(scene.directory, 'secrets.json');
  await writeFile(
    secretsFile,
    JSON.stringify(await gatherSecrets(hostFile, { reportUntil: 'ready' })),
  );
  const report = startBootReport({
    context: {
      hostFile,
      installed: { version: '1', edition: 'e' },
      secrets: await readSecrets(secretsFile),
    } as unknown as BootContext,
    ...{ journal: join(scene.directory, 'journal'), scrub: createScrubber([]), secretsFile },
    ...{ note: () => undefined, kept: join(scene.directory, 'reports') },
  });
  report.sink(event('firstboot', 'network', 'finished'));
  const coordinator = { address: '192.0.2.11', fingerprint: 'cd'.repeat(32) };
  t.true(await report.finish({ facts: { coordinator } }));
  t.is(stateOf(scene), 'ready');
  t.deepEqual(scene.store.state().machines.get(MAC)?.coordinator, coordinator);
  t.is((await readSecrets(secretsFile)).report, undefined);
});
