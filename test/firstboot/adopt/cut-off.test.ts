// With xapi a network that never answers comes back by a start of its own, which nobody else could order.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { restartIfCutOff } from '../../../src/firstboot/adopt/cut-off.ts';
import { ADOPTED } from '../../../src/firstboot/adopt/record.ts';
import { MEMORY } from '../../../src/firstboot/context.ts';
import { settleHost } from '../../../src/firstboot/network/takeover.ts';
import type { Witnesses } from '../../../src/firstboot/network/answers.ts';
import { takeOverHost } from '../../../src/firstboot/xapi/prepare/take-over.ts';
import { adoptRecorded } from './adopted.ts';
import { recordHost } from './hosts.ts';
import { hostNamed } from './recorded.ts';

const RESTART = 'systemctl --no-block reboot';
const ENVIRONMENT = 'boot/grub/grubenv';

/** A host that was adopted, whose cards were taken under Xen, and who is asked there. */
async function takenHost(t: ExecutionContext, { answers = false } = {}) {
  const recorded = await recordHost(t, hostNamed('ifupdown-static'));
  const { looking, called } = recorded;
  const { root } = looking;
  const { hostFile, installed } = await adoptRecorded(recorded);
  const memory = join(root, MEMORY);
  const adopted = join(root, ADOPTED);
  await takeOverHost(installed, {
    ...{ looking, memory, adopted, bridges: () => Promise.resolve([]) },
  });
  // GRUB forgets what it was to start once when it has started it.
  const environment = join(root, ENVIRONMENT);
  const text = await readFile(environment, 'utf8');
  t.regex(text, /^next_entry=./m);
  await writeFile(environment, text.replace(/^next_entry=.*\n/m, ''));
  const asked: Witnesses[] = [];
  const notes: string[] = [];
  const context = { hostFile, installed, signal: new AbortController().signal };
  const restart = (toolstack: 'xl' | 'xapi'): Promise<boolean> =>
    restartIfCutOff({ ...context, toolstack }, (note) => notes.push(note), {
      ...{ looking, memory, adopted },
      ask: (witnesses) => {
        asked.push(witnesses);
        return Promise.resolve({ answered: answers, text: 'no answer from 192.0.2.1' });
      },
    });
  called.length = 0;
  return { root, environment, memory, adopted, called, asked, notes, restart };
}

test('a host that nobody reaches starts anew as it was before', async (t) => {
  const { called, asked, notes, restart } = await takenHost(t);
  t.true(await restart('xapi'));
  t.is(called.at(-1), RESTART);
  t.is(asked.length, 1);
  t.deepEqual(asked[0]?.gateways, ['192.0.2.1', '2001:db8::1']);
  t.deepEqual(notes, [
    'no answer from 192.0.2.1: this host starts anew, without Xen, and gets its former network back',
  ]);
});

test('a host that somebody reaches goes on, whatever failed', async (t) => {
  const { called, asked, restart } = await takenHost(t, { answers: true });
  t.false(await restart('xapi'));
  t.is(asked.length, 1);
  t.false(called.includes(RESTART));
});

test('no start is ordered that would come to the same again, nor where the network has answered before', async (t) => {
  const { environment, memory, adopted, called, asked, restart } = await takenHost(t);
  t.false(await restart('xl'), 'there the former network comes back while the host runs');

  const text = await readFile(environment, 'utf8');
  const record = JSON.parse(await readFile(join(adopted, 'record.json'), 'utf8')) as {
    boot: { xen: string };
  };
  await writeFile(environment, `${text}next_entry=${record.boot.xen}\n`);
  t.false(await restart('xapi'), 'Xen is next');
  await writeFile(environment, text);

  await settleHost(memory, adopted);
  t.false(await restart('xapi'), 'the network is the one that answered');
  t.deepEqual(asked, []);
  t.false(called.includes(RESTART));
});
