// What is left behind, and said, when an installation fails.
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { KronosError, KronosErrors } from '../../src/common/error.ts';
import { exists, listFiles } from '../../src/common/files.ts';
import { run } from '../../src/common/process.ts';
import { describeFailure, keepFailure } from '../../src/installer/failure.ts';
import { NO_IMAGE, planInstall } from '../../src/installer/plan/plan.ts';
import { beginSession, recordNote, type Session } from '../../src/installer/session.ts';
import { journalSink } from '../../src/steps/sinks.ts';
import { collectSupport, writeSupport } from '../../src/installer/support.ts';
import type { StepEvent } from '../../src/steps/event.ts';
import { createScrubber } from '../../src/steps/scrub.ts';
import { compareWithGolden } from '../golden.ts';
import { temporaryDirectory, writeFiles } from '../temporary.ts';
import { fakePrograms } from './fake-programs.ts';
import { planCase } from './plan/machines.ts';

const NOTHING = { bundle: undefined, stick: undefined, problems: [] };

function makeEvent(step: string, state: StepEvent['state']): StepEvent {
  return { time: '', stage: 'install', step, state, percent: 0, message: `${step} ${state}` };
}

function makeSession(): { session: Session; people: StepEvent[]; machines: StepEvent[] } {
  const people: StepEvent[] = [];
  const machines: StepEvent[] = [];
  const session = beginSession(createScrubber(['canary']), {
    people: [(event) => void people.push(event)],
    machines: [(event) => void machines.push(event)],
  });
  return { session, people, machines };
}

test('a session knows which step failed first, and whether a disk may have been written', (t) => {
  const { session, people, machines } = makeSession();
  recordNote(session, 'canary');
  session.sink(makeEvent('check', 'started'));
  t.false(session.touched);
  session.sink(makeEvent('erase', 'started'));
  t.true(session.touched);
  session.sink(makeEvent('erase', 'failed'));
  session.sink(makeEvent('clean-up', 'failed'));
  t.is(session.step, 'erase');
  t.deepEqual([people.length, machines.length], [4, 5]);
  t.is(machines[0]?.message, '(removed)');
});

async function frame(t: ExecutionContext, name: string, text: string): Promise<void> {
  for (const line of text.split('\n')) t.regex(line, /^[ -~]{0,80}$/);
  await compareWithGolden(t, import.meta.url, `failure-${name}.txt`, text);
}

test('a failure ends in words that help', async (t) => {
  const error = new KronosError('host/hook-failed', 'the hook a.sh (after-copy) failed', {
    hint: `mend the hook ${'and so on '.repeat(12)}`.trim(),
    cause: new Error('why'),
  });
  const kept = {
    bundle: '/run/kronos/support.tar.gz',
    stick: 'kronos-logs/xen01-20260101-120000 on /dev/sdb1',
    problems: [],
  };
  const unattended = { unattended: true, after: 'poweroff', touched: true } as const;
  await frame(t, 'unattended', describeFailure(error, kept, unattended));
  const ofFleet = { ...unattended, fleet: true };
  await frame(t, 'of-fleet', describeFailure(error, kept, ofFleet));
  const attended = { unattended: false, after: 'reboot', touched: false } as const;
  const problems = ['error io/support-bundle: writing failed'];
  await frame(t, 'attended', describeFailure(error, { ...NOTHING, problems }, attended));
});

test('a message without end leaves room for what helps', (t) => {
  const errors = Array.from({ length: 50 }, (_, count) => {
    const text = count === 0 ? 'x'.repeat(300) : 'a table\n  row';
    return new KronosError('host/no-disk', text, { hint: 'h' });
  });
  const what = { unattended: true, after: 'reboot', touched: false } as const;
  const text = describeFailure(new KronosErrors(errors), NOTHING, what);
  t.true(text.split('\n').length < 55);
  t.regex(text, /\(\d+ more lines; all of it is in the support bundle\)/);
  t.regex(text, /The machine stays on/);
});

test('what is found on a disk with Kronos is told to the end', async (t) => {
  const { hostFile, inventory } = await planCase({
    ...{ machine: 'kronos-installed', host: 'nvme-first-erase' },
  });
  hostFile.disks.system.existing = 'refuse';
  const error = t.throws(() => planInstall(hostFile, inventory, NO_IMAGE));
  const what = { unattended: true, after: 'reboot', touched: false } as const;
  const kept = { ...NOTHING, bundle: '/run/kronos/support.tar.gz' };
  await frame(t, 'already-installed', describeFailure(error, kept, what));
});

/** A machine without disks, whose root is a directory. */
async function makePlaces(t: ExecutionContext) {
  const root = await temporaryDirectory(t);
  await writeFiles(root, {
    'proc/cmdline': 'quiet kronos.host=https://u:secret@h/x.yaml?token=secret kronos.after=shell\n',
    'run/kronos/boot': "KRONOS_SOURCE='medium'\n",
  });
  const journal = join(root, 'run/kronos/install.jsonl');
  return { root, journal, support: join(root, 'support.tar.gz') };
}

test.serial('bundle and journal are kept, and taken home by a stick', async (t) => {
  const lsblk = JSON.stringify({
    blockdevices: [
      {
        ...{ path: '/dev/sda', label: null, hotplug: false, rm: false, tran: 'sata' },
        ...{ mountpoints: [null] },
        children: [{ path: '/dev/sda1', label: 'KRONOS', mountpoints: [null] }],
      },
      {
        ...{ path: '/dev/sdb', label: null, hotplug: true, rm: false, tran: 'usb' },
        children: [{ path: '/dev/sdb1', label: 'kronos', mountpoints: ['/run/kronos/stick'] }],
      },
    ],
  });
  const fakes = await fakePrograms(t, {
    lsblk: `cat <<'END'\n${lsblk}\nEND`,
    // The place is fixed; what matters is how it is mounted.
    mount: 'exit 32',
  });
  const places = await makePlaces(t);
  const { session } = makeSession();
  const kept = await keepFailure(session, new Error('x'), places);
  t.is(kept.bundle, places.support);
  t.is(kept.stick, undefined);
  t.regex(kept.problems.join('\n'), /mount failed with exit code 32/);
  t.regex(await fakes.calls(), /^mount <-o> <remount,rw> <\/run\/kronos\/stick>$/m);
  t.notRegex(await fakes.calls(), /sda1/);
});

test.serial('without an event of its own a failure is still in the journal', async (t) => {
  await fakePrograms(t, { lsblk: `echo '{"blockdevices":[]}'` });
  const places = await makePlaces(t);
  const session = beginSession(createScrubber(['canary']), {
    ...{ people: [], machines: [journalSink(places.journal, () => undefined)] },
  });
  session.step = 'plan';
  const error = new KronosError('host/no-disk', 'canary', { hint: 'h' });
  const kept = await keepFailure(session, error, places);
  t.deepEqual(kept.problems, []);
  const event = JSON.parse(await readFile(places.journal, 'utf8')) as StepEvent;
  t.like(event, { step: 'plan', state: 'failed', code: 'host/no-disk', hint: 'h' });
  t.is(event.message, 'error host/no-disk: (removed)\n  hint: h');
});

test.serial('the support bundle has all that is known, and no login of a URL', async (t) => {
  const places = await makePlaces(t);
  const { hostFile, plan, inventory } = await planCase({
    ...{ machine: 'dell-r650-nvme', host: 'bond-vlan' },
  });
  const facts = {
    hostFile,
    plan,
    inventory,
    version: '1.2.3',
    edition: 'e',
    error: new Error('x'),
  };
  const texts = await collectSupport(facts, {
    ...{ scrub: createScrubber([]), root: places.root },
    runs: (argv) => Promise.resolve({ stdout: `${argv.join(' ')}: ok` }),
  });
  await writeSupport(places.support, texts);
  t.is((await stat(places.support)).mode & 0o777, 0o600);
  const inside = join(places.root, 'inside');
  await mkdir(inside);
  await run(['tar', '--extract', '--file', places.support, '--directory', inside]);
  const files = await listFiles(inside);
  t.deepEqual(files.map((path) => basename(path)).sort(), [...texts.keys()].sort());
  for (const name of ['plan.json', 'host.yaml', 'inventory.json', 'dmesg.txt', 'error.txt'])
    t.true(files.includes(`kronos-support/${name}`), name);
  const cmdline = await readFile(join(inside, 'kronos-support/cmdline.txt'), 'utf8');
  t.is(cmdline, 'quiet kronos.host=https://h/x.yaml?(removed) kronos.after=shell\n');
  t.regex(texts.get('install.jsonl') ?? '', /^not to be had: ENOENT/);
  t.regex(texts.get('versions.txt') ?? '', /^kronos {3}1\.2\.3$/m);
});

test('a bundle that cannot be written is told', async (t) => {
  await t.throwsAsync(writeSupport('/nowhere/x.tar.gz', new Map()), { code: 'io/support-bundle' });
  t.false(await exists('/nowhere'));
});

test('a journal that cannot be written is told once, and stops nothing', (t) => {
  const notes: string[] = [];
  const sink = journalSink('/dev/null/journal', (text) => notes.push(text));
  sink(makeEvent('a', 'started'));
  sink(makeEvent('a', 'finished'));
  t.is(notes.length, 1);
  t.regex(notes[0] ?? '', /cannot be written/);
});
