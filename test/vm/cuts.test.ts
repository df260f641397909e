// Power cuts: at whatever moment of an installation, the disk starts the finished host or nothing, other disks are as
// they were, and the same host file installs again.
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { randomBytes, randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { digestFile } from './digest-file.ts';
import { makeDisk } from './disk.ts';
import { hostText } from './host-text.ts';
import { addKernelArguments, putFile, resumeLive, sharedLive, type Live } from './live.ts';
import { bootMedium, OUT, type Machine } from './machine.ts';
import { FULL } from './media.ts';
import { writeAt } from './write-at.ts';

/** How many cuts; fifty were asked for. */
const CUTS = Number(process.env['KRONOS_CUTS'] ?? (FULL ? 50 : 1));

/** `FROM-TO`, seconds: only in this part of an installation, to look closely; default all of it. */
const WINDOW = process.env['KRONOS_CUTS_WINDOW']?.split('-').map((text) => Number(text) * 1000);

/** How many at a time. */
const ABREAST = Number(process.env['KRONOS_CUTS_ABREAST'] ?? 1);

/** How many in one test. */
const GROUP = 5;

const MEBIBYTE = 1024 * 1024;

/** What a disk does when a machine is started from it. */
type Outcome = 'host' | 'nothing';

interface Cut {
  /** Milliseconds from the start of the installer. */
  after: number;
  /** The last step that was begun. */
  step: string;
  outcome: Outcome;
  /** How the same installation ended afterwards. */
  again: 'installed' | 'refused';
}

// In no order, so that a run that is stopped has seen all of an installation as well.
const ORDER = Array.from({ length: CUTS }, (_, index) => index).sort(() => randomInt(3) - 1);

let whole: Promise<number> | undefined;

// A few at a time: ava gives up on a test of which it hears nothing for too long.
for (let from = 0; from < CUTS; from += GROUP) {
  const numbers = ORDER.slice(from, from + GROUP);
  const which =
    CUTS === 1 ? 'at a random moment' : `at ${numbers.length} of ${CUTS} random moments`;
  test(`the power is cut ${which} of an installation (${from + 1})`, async (t) => {
    // One assertion for each cut: none of them may be left out.
    t.plan(numbers.length);
    const live = await sharedLive();
    whole ??= directoryOf().then((directory) => timeInstallation(live, directory));
    const length = await whole;
    t.log(`an installation takes ${(length / 1000).toFixed(1)} s`);
    const [first = 0, last = length] = WINDOW ?? [];
    // Each moment in a part of its own, so that all of the installation is covered.
    const queue = numbers
      .map((number) => first + ((last - first) * (number + randomInt(1000) / 1000)) / CUTS)
      .map(Math.round)
      .entries();
    const work = async (): Promise<void> => {
      for (const [index, after] of queue) {
        const cut = await cutOnce(live, `cut ${from + index + 1}`, after);
        t.log(`${(after / 1000).toFixed(1)} s, ${cut.step}: ${cut.outcome}, then ${cut.again}`);
        await appendFile(join(OUT, 'vm-cuts.jsonl'), `${JSON.stringify(cut)}\n`);
        t.is(cut.again, cut.outcome === 'host' ? 'refused' : 'installed');
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, work));
  });
}

async function directoryOf(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'kronos-cuts-'));
}

/** Milliseconds of an installation that nothing disturbs. */
async function timeInstallation(live: Live, directory: string): Promise<number> {
  const machine = await begin(live, 'cuts, not cut', [await makeDisk(directory, 'target')]);
  const started = performance.now();
  await machine.expect(/Kronos is installed on vd\w/);
  const whole = performance.now() - started;
  await machine.stop();
  await rm(directory, { recursive: true });
  return whole;
}

/** Starts the installer as the boot entry "unattended" does and returns at once. */
async function begin(live: Live, name: string, disks: readonly string[]): Promise<Machine> {
  const machine = await resumeLive(name, live);
  try {
    for (const [index, path] of disks.entries())
      await machine.plug({ path, bus: 'virtio', serial: `KRONOS-LAB-${index}` });
    await addKernelArguments(machine, 'kronos.after=poweroff');
    await putFile(machine, '/run/host.yaml', hostText({ serial: 'KRONOS-LAB-0' }));
    await machine.shell('udevadm settle');
    machine.send('kronos-install --unattended --host-file /run/host.yaml\r');
    return machine;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

async function cutOnce(live: Live, name: string, after: number): Promise<Cut> {
  const directory = await directoryOf();
  try {
    const disk = await makeDisk(directory, 'target');
    const other = await makeDisk(directory, 'other', 64 * MEBIBYTE);
    await writeAt(other, randomBytes(MEBIBYTE), 32 * MEBIBYTE);
    const before = await digestFile(other);
    const machine = await begin(live, name, [disk, other]);
    await sleep(after);
    await machine.cut();
    const step = lastStep(machine.console.transcript());
    await machine.stop();
    const outcome = await startFrom(disk, name);
    const again = await installAgain(live, `${name}, again`, [disk, other]);
    if ((await startFrom(disk, `${name}, again`, 'menu')) !== 'host')
      throw new Error(`${name}: the host does not start after it was installed again`);
    if ((await digestFile(other)) !== before) throw new Error(`${name}: another disk was changed`);
    return { after, step, outcome, again };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function lastStep(transcript: string): string {
  return [...transcript.matchAll(/\[ *\d+%\] (.+)$/gm)].at(-1)?.[1] ?? 'before the first step';
}

async function installAgain(
  live: Live,
  name: string,
  disks: readonly string[],
): Promise<Cut['again']> {
  const machine = await begin(live, name, disks);
  try {
    const { match } = await machine.expect(/Kronos is installed on vd\w|host\/already-installed/);
    return match.startsWith('Kronos') ? 'installed' : 'refused';
  } finally {
    await machine.stop();
  }
}

/**
 * Starts a machine from the disk alone, as far as its login or only its menu. Errors: where it neither starts the host
 * nor says that there is nothing.
 */
async function startFrom(
  disk: string,
  name: string,
  until: 'menu' | 'login' = 'login',
): Promise<Outcome> {
  const machine = await bootMedium({
    ...{ name: `${name}, start`, firmware: 'bios', redirect: true, bootFrom: 'disk' },
    disks: [{ path: disk, bus: 'virtio', snapshot: true }],
  });
  try {
    const { match } = await machine.expect(/No bootable device|serial console/, 120);
    if (match.startsWith('No')) return 'nothing';
    if (until === 'menu') return 'host';
    await machine.type('n');
    await machine.expect(/xen01 login:/, 600);
    return 'host';
  } finally {
    await machine.stop();
  }
}
