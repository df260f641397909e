// The screens at work on an emulated terminal: keys in, screens out, and what they ask for.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { KronosError } from '../../../src/common/error.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import type { Inventory } from '../../../src/host/inventory.ts';
import { runInteractive, type Leaving, type Outside } from '../../../src/installer/ui/run.ts';
import type { InstallRequest } from '../../../src/installer/ui/state.ts';
import type { StepEvent } from '../../../src/steps/event.ts';
import { readMachine } from '../../host/machines.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { HASH, sent, SSH_KEY, worldOf } from './drive.ts';
import { fakeTerminal, type FakeTerminal } from './fake-terminal.ts';

interface Session {
  terminal: FakeTerminal;
  /** Presses keys; see `sent`. */
  keys: (keys: string) => void;
  ended: Promise<Leaving>;
  abort: AbortController;
  shells: number;
  saved: Map<string, string>;
  requests: InstallRequest[];
  lockFile: string;
}

const step = (state: StepEvent['state'], percent: number, message: string): StepEvent => ({
  ...{ time: new Date().toISOString(), stage: 'install', step: 'x', state, percent, message },
});

async function open(
  t: ExecutionContext,
  inventory: Inventory,
  outside: Partial<Outside> = {},
  terminal = fakeTerminal(),
): Promise<Session> {
  const lockFile = join(await temporaryDirectory(t), 'install.lock');
  const abort = new AbortController();
  // A test that fails leaves no screens at work, for which the runner would wait.
  t.teardown(() => {
    abort.abort();
  });
  const session: Omit<Session, 'ended'> = {
    ...{ terminal, abort, shells: 0, saved: new Map(), requests: [], lockFile },
    keys: (keys) => {
      for (const bytes of sent(keys)) terminal.type(bytes);
    },
  };
  const ended = runInteractive({
    terminal,
    world: worldOf(inventory),
    signal: abort.signal,
    outside: {
      probe: () => Promise.resolve(inventory),
      install: (request, { sink }) => {
        session.requests.push(request);
        sink(step('started', 0, 'Checking'));
        return Promise.resolve();
      },
      shell: () => {
        session.shells += 1;
        return Promise.resolve();
      },
      loadKeymap: () => Promise.resolve(undefined),
      save: (name, text) => {
        session.saved.set(name, text);
        return Promise.resolve(`${name} on the stick`);
      },
      hash: () => Promise.resolve(HASH),
      lockFile,
      ...outside,
    },
  });
  // The tests that care wait for it.
  ended.catch(() => undefined);
  return Object.assign(session, { ended });
}

/** Another process takes the lock, as far as the kernel is concerned. Gives what ends it. */
async function holdLock(path: string): Promise<() => Promise<void>> {
  const argv = ['--no-fork', path, 'sh', '-c', 'echo held; exec sleep 600'];
  const process = spawn('flock', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(process, 'exit');
  await once(process.stdout, 'data');
  return async () => {
    process.kill();
    await ended;
  };
}

/** From the first page to the plan, with everything answered. */
async function answerAll({ terminal, keys }: Session): Promise<void> {
  await terminal.see('Install on this machine');
  keys('ENTER');
  await terminal.see('step 1 of');
  keys('DOWN DOWN ENTER');
  await terminal.see('Which disk is the system installed on?');
  keys('DOWN SPACE DOWN SPACE ENTER');
  await terminal.see('further disks for virtual machines');
  keys('DOWN SPACE ENTER');
  await terminal.see('Through which network card');
  keys('ENTER');
  await terminal.see('(*) by DHCP');
  keys(`RIGHT TAB '10.0.0.10/24' TAB '10.0.0.1' TAB '10.0.0.2,10.0.0.3' TAB '42' ENTER`);
  await terminal.see('The name of this host');
  keys(`'xen01.example.net' ENTER`);
  await terminal.see('Search:');
  keys(`'berlin' ENTER`);
  await terminal.see('Password of root');
  terminal.type('correct horse');
  keys('ENTER');
  terminal.type('correct horse');
  keys('ENTER');
  terminal.type(SSH_KEY);
  keys('ENTER');
  await terminal.see(/Installation of xen01\.example\.net/);
}

test('the answers make a host file that means the disks that were pointed at', async (t) => {
  const inventory = await readMachine('hp-dl380-sas');
  const session = await open(t, inventory);
  await answerAll(session);
  session.keys('RIGHT ENTER');
  await session.terminal.see('Saved: xen01.example.net.yaml on the stick');
  const text = session.saved.get('xen01.example.net.yaml') ?? '';
  const { hostFile, warnings } = await parseHostFile(text, 'host.yaml', { toolstack: 'xl' });
  t.deepEqual(warnings, []);
  t.like(hostFile, {
    hostname: 'xen01.example.net',
    keymap: 'de',
    timezone: 'Europe/Berlin',
    root: { passwordHash: HASH, sshKeys: [SSH_KEY] },
  });
  const disk = (name: string) => inventory.disks.find((one) => one.name === name);
  t.like(hostFile.disks.system, {
    match: { serial: [disk('sdb')?.serial, disk('sdc')?.serial] },
    ...{ count: 2, raid: 1, existing: 'refuse' },
  });
  t.like(hostFile.network.management, {
    vlan: 42,
    ipv4: { mode: 'static', address: '10.0.0.10/24', gateway: '10.0.0.1' },
    dns: ['10.0.0.2', '10.0.0.3'],
  });
  session.keys('LEFT ENTER');
  await session.terminal.see('Kronos is installed on sdb and sdc');
  t.is(session.requests.length, 1);
  t.is(session.requests[0]?.text, text);
  t.deepEqual(session.requests[0]?.hostFile, hostFile);
  session.keys('ENTER');
  t.is(await session.ended, 'reboot');
  t.false(session.terminal.taken());
  t.false(session.terminal.sent().includes('correct'), 'a password is never sent to the terminal');
});

test('a shell at any time, and the screen is as it was', async (t) => {
  const session = await open(t, await readMachine('two-nvme-equal'));
  await session.terminal.see('Install on this machine');
  session.keys('ENTER ENTER SPACE');
  const before = await session.terminal.see('[x] nvme0n1');
  session.keys('F2');
  await session.terminal.see('[x] nvme0n1');
  t.is(session.shells, 1);
  session.keys('C-C');
  t.is(await session.terminal.see('[x] nvme0n1'), before);
  t.is(session.shells, 2);
  session.abort.abort();
  await t.throwsAsync(session.ended, { code: 'interrupted/cancelled' });
  t.false(session.terminal.taken());
});

test('Esc goes back, and what was answered is still there', async (t) => {
  const session = await open(t, await readMachine('two-nvme-equal'));
  await session.terminal.see('Install on this machine');
  session.keys('ENTER ENTER DOWN SPACE ENTER ENTER');
  await session.terminal.see('Through which network card');
  session.terminal.type('\x1b');
  await session.terminal.see('further disks');
  session.terminal.type('\x1b');
  await session.terminal.see('[x] nvme1n1');
  session.terminal.type('\x1b');
  await session.terminal.see('The keyboard');
  session.terminal.type('\x1b');
  await session.terminal.see('Install on this machine');
  session.abort.abort();
  await t.throwsAsync(session.ended);
});

test('a failure is shown with its code, and a second try looks at the machine again', async (t) => {
  const inventory = await readMachine('hp-dl380-sas');
  let tries = 0;
  let probes = 0;
  const session = await open(t, inventory, {
    probe: () => {
      probes += 1;
      return Promise.resolve(inventory);
    },
    install: (_request, { sink }) => {
      tries += 1;
      sink(step('started', 40, 'Copying the system'));
      if (tries > 1) return Promise.resolve();
      const error = new KronosError('io/disk-full', 'no room left', { hint: 'take a larger one' });
      return Promise.reject(error);
    },
  });
  await answerAll(session);
  session.keys('ENTER');
  const failed = await session.terminal.see('error io/disk-full');
  t.regex(failed, /no room left[^]*-> take a larger one[^]*Copying the system/);
  session.keys('RIGHT RIGHT ENTER');
  await session.terminal.see('Saved: kronos-report.txt');
  const report = session.saved.get('kronos-report.txt') ?? '';
  t.regex(report, /io\/disk-full[^]*Copying the system/);
  t.false(report.includes(HASH));
  session.keys('LEFT LEFT ENTER');
  await session.terminal.see('[ Install ]');
  t.is(probes, 1);
  session.keys('ENTER');
  await session.terminal.see('Kronos is installed');
  t.is(tries, 2);
  session.abort.abort();
  await t.throwsAsync(session.ended);
});

test('a stop is passed on, and the line that hangs up waits for the clearing up', async (t) => {
  const stopped: string[] = [];
  const session = await open(t, await readMachine('hp-dl380-sas'), {
    install: async (_request, { sink, signal }) => {
      sink(step('started', 40, 'Copying the system'));
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      stopped.push('stopped');
      await new Promise((resolve) => setTimeout(resolve, 50));
      stopped.push('cleared');
      throw new KronosError('interrupted/cancelled', 'stopped before: Copying');
    },
  });
  await answerAll(session);
  session.keys('ENTER');
  await session.terminal.see('Copying the system');
  session.terminal.type('\x1b');
  await session.terminal.see('[ Stop and clear the disk ]');
  session.keys('RIGHT ENTER');
  await session.terminal.see('error interrupted/cancelled');
  t.deepEqual(stopped, ['stopped', 'cleared']);
  session.keys('ENTER');
  await session.terminal.see('[ Install ]');
  session.keys('ENTER');
  await session.terminal.see('Copying the system');
  session.terminal.hangUp();
  await t.throwsAsync(session.ended, { code: 'interrupted/cancelled' });
  t.is(stopped.length, 4);
});

test('while one console installs, the other says so and starts nothing', async (t) => {
  const inventory = await readMachine('hp-dl380-sas');
  const session = await open(t, inventory);
  await answerAll(session);
  // Process 1 is always there; when it began is in its status.
  const status = await readFile('/proc/1/stat', 'utf8');
  const began = status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
  const end = await holdLock(session.lockFile);
  t.teardown(end);
  await writeFile(session.lockFile, JSON.stringify({ pid: 1, terminal: 'tty1', began }));
  session.keys('ENTER');
  await session.terminal.see('The installation runs on tty1 (process 1)');
  t.is(session.requests.length, 0);
  await end();
  await writeFile(session.lockFile, JSON.stringify({ pid: 1, terminal: 'tty1', began: '0' }));
  await session.terminal.see('[ Install ]');
  session.keys('ENTER');
  await session.terminal.see('Kronos is installed');
  session.abort.abort();
  await t.throwsAsync(session.ended);
});

test('a secret of the host file is asked for and handed on', async (t) => {
  const secrets: string[] = [];
  const session = await open(t, await readMachine('hp-dl380-sas'), {
    install: async (_request, { ask }) => {
      secrets.push(await ask('Password for the pool'));
    },
  });
  await answerAll(session);
  session.keys('ENTER');
  await session.terminal.see('Password for the pool');
  session.terminal.type('s3cret');
  await session.terminal.see('[******');
  session.keys('ENTER');
  await session.terminal.see('Kronos is installed');
  t.deepEqual(secrets, ['s3cret']);
  session.abort.abort();
  await t.throwsAsync(session.ended);
});

test('a line that does not say its size is asked; one that is too small is told', async (t) => {
  const session = await open(t, await readMachine('no-disk'), {}, fakeTerminal('mute'));
  await session.terminal.see('Install on this machine');
  t.true(session.terminal.sent().includes('\x1b[6n'));
  session.abort.abort();
  await t.throwsAsync(session.ended);
  const small = await open(
    t,
    await readMachine('no-disk'),
    {},
    fakeTerminal({ columns: 60, rows: 20 }),
  );
  await small.terminal.see('The screens need 80x24, this terminal has 60x20.');
  small.keys('ENTER');
  await small.terminal.see('Install on this machine');
  small.abort.abort();
  await t.throwsAsync(small.ended);
});
