import type { ExecutionContext } from 'ava';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reference } from './builds.test.ts';
import { complaint, Leftovers, startKronos, succeed, type Ended } from './kronos.ts';
import { cacheFaults, digestRelease, listSteps, type StepName, type Workshop } from './workshop.ts';

/** What the display calls the steps, and for how many seconds they may be left to work before the blow. */
const MOMENTS: readonly (readonly [title: string, seconds: number])[] = [
  ['Fetch the packages', 0.05],
  ['Unpack the tools', 1],
  ["Write the recipes' files", 0.4],
  ['Complete the initrd', 0.02],
  ['Make the boot loader', 0.3],
  ['Write the ISO', 0.2],
  ['Write the PXE tree', 0.05],
  ['Write manifest and SBOM', 0.3],
  ['Copy the release', 0.05],
];

/** Three moments of the longest step: unpacking, configuring, compressing. */
function momentsOf(reference: Reference): [string, number, number][] {
  const thirds = [0, 1, 2].map((third): [string, number, number] => [
    'Install the packages',
    // The machine may have become faster since it was measured.
    (reference.packagesSeconds * third) / 4,
    (reference.packagesSeconds * (third + 1)) / 4,
  ]);
  const others = MOMENTS.map(([title, most]): [string, number, number] => [title, 0, most]);
  return [...others.slice(0, 2), ...thirds, ...others.slice(2)];
}

/** kill -9 in each step, one run after the other with one cache; the last run is left alone. */
export async function killEveryStep(
  t: ExecutionContext,
  shop: Workshop,
  reference: Reference,
): Promise<void> {
  const cache = await shop.makeCache('killed');
  const out = shop.path('out-killed');
  const leftovers = await Leftovers.watch(shop.directory);
  for (const [title, least, most] of momentsOf(reference)) {
    const running = startKronos(shop.build(cache, out));
    const seen = await running.saw(`start ${title}`);
    const seconds = least + Math.random() * (most - least);
    await sleep(seconds * 1000);
    leftovers.note(running);
    running.process.kill('SIGKILL');
    const { status, stderr } = await running.ended;
    t.log(`${title}: killed after ${seconds.toFixed(2)} s${status === 0 ? ', too late' : ''}`);
    t.true(seen, stderr);
    t.deepEqual(await leftovers.list(), [], title);
    const halves = (await listSteps(cache)).filter(({ name }) => name === undefined);
    t.deepEqual(halves, [], title);
  }
  await succeed(t, shop.build(cache, out));
  t.deepEqual(await cacheFaults(cache), []);
  t.deepEqual(await digestRelease(out), reference.digests);
}

const BEFORE_ISO: readonly StepName[] = [
  ...(['tools', 'packages', 'loader', 'programs'] as const),
  ...(['files', 'initrd', 'grub'] as const),
];

/** False where there is nobody any more. */
function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Ctrl-C reaches all processes of the terminal, SIGTERM of a service manager only the first. */
export async function interruptBuild(
  t: ExecutionContext,
  shop: Workshop,
  reference: Reference,
): Promise<void> {
  const leftovers = await Leftovers.watch(shop.directory);
  const cases: [string, readonly StepName[], number, NodeJS.Signals, string][] = [
    ['Unpack the tools', [], 0.5, 'SIGINT', 'group'],
    ['Install the packages', ['tools'], reference.packagesSeconds / 2, 'SIGINT', 'group'],
    ['Install the packages', ['tools'], 1, 'SIGTERM', 'process'],
    ['Write the ISO', BEFORE_ISO, 0, 'SIGINT', 'group'],
  ];
  for (const [index, [title, steps, seconds, signal, whom]] of cases.entries()) {
    let cache = '';
    let out = '';
    // On a machine whose load changes, a build can be over before it is to be stopped; then sooner.
    const stop = async (after: number, attempt: number): Promise<Ended> => {
      cache = await shop.makeCache(`stopped-${index}-${attempt}`, reference.cache, steps);
      out = shop.path(`out-stopped-${index}-${attempt}`);
      const running = startKronos(shop.build(cache, out));
      await running.saw(`start ${title}`);
      await sleep(after * 1000);
      leftovers.note(running);
      const pid = running.process.pid ?? 0;
      const sent = sendSignal(whom === 'group' ? -pid : pid, signal);
      const ended = await running.ended;
      const late = !sent || ended.status === 0;
      return late && attempt < 4 ? stop(after / 3, attempt + 1) : ended;
    };
    const ended = await stop(seconds, 1);
    t.is(ended.status, 130, ended.stderr);
    t.is(complaint(ended), `error interrupted/signal: stopped by ${signal}\n`);
    t.deepEqual(await leftovers.list(), [], title);
    t.deepEqual(await cacheFaults(cache), [], title);
    t.deepEqual(await readdir(out).catch(() => []), [], title);
  }
}
