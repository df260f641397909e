// What a rehearsal is reckoned with: chance, time, and the link.
import test from 'ava';
import { createClock } from '../../../src/fleet/rehearse/clock.ts';
import { modelCoordinator } from '../../../src/fleet/rehearse/coordinator.ts';
import { drawFate, drawSeconds } from '../../../src/fleet/rehearse/fate.ts';
import { createLink } from '../../../src/fleet/rehearse/link.ts';
import { createRandom } from '../../../src/fleet/rehearse/random.ts';
import { DEFAULT_SETTINGS } from '../../../src/fleet/rehearse/settings.ts';

const SETTINGS = { ...DEFAULT_SETTINGS, failures: 0.3 };

test('chance follows from the seed and from what it is for, not from the order', (t) => {
  const draw = (seed: number, name: string): number[] => {
    const random = createRandom(seed, name);
    return [random(), random()];
  };
  t.deepEqual(draw(1, 'a'), draw(1, 'a'));
  t.notDeepEqual(draw(1, 'a'), draw(2, 'a'));
  t.notDeepEqual(draw(1, 'a'), draw(1, 'b'));
});

test('as many installations meet with something as the settings say, and all kinds of it', (t) => {
  const fates = Array.from({ length: 3000 }, (_, index) => drawFate(SETTINGS, `m${index}`, 1));
  const bad = fates.filter(({ kind }) => kind !== 'well');
  t.true(Math.abs(bad.length / fates.length - SETTINGS.failures) < 0.03);
  t.is(new Set(fates.map(({ kind }) => kind)).size, 6);
  t.deepEqual(drawFate(SETTINGS, 'm7', 2), drawFate(SETTINGS, 'm7', 2));
  t.true(fates.some((fate, index) => fate.kind !== drawFate(SETTINGS, `m${index}`, 2).kind));
});

test('a machine takes about as long as the settings say', (t) => {
  const { install, join } = drawSeconds(SETTINGS, 'm', 1);
  t.true(install >= 36 && install <= 54);
  t.is(join, 4.3);
});

test('time jumps to what happens next, in its order', async (t) => {
  const clock = createClock({ start: 0, speed: Infinity });
  const order: string[] = [];
  const go = async (name: string, seconds: number): Promise<void> => {
    await clock.sleep(seconds);
    order.push(`${name} ${clock.now() / 1000}`);
  };
  await Promise.all([go('c', 7200), go('a', 1), go('b', 30), go('b2', 30)]);
  t.deepEqual(order, ['a 1', 'b 30', 'b2 30', 'c 7200']);
  clock.stop();
  await t.throwsAsync(clock.sleep(1), { code: 'interrupted/cancelled' });
});

test('time stands still while something is asked', async (t) => {
  const clock = createClock({ start: 0, speed: Infinity, slack: 0.5 });
  let answer = (): void => undefined;
  const asked = clock.hold(() => new Promise<void>((resolve) => (answer = resolve)));
  let woken = false;
  const sleeping = clock.sleep(10).then(() => (woken = true));
  await new Promise((resolve) => setTimeout(resolve, 30));
  t.false(woken);
  t.is(clock.now(), 0);
  answer();
  await asked;
  await sleeping;
  t.is(clock.now(), 10_000);
  clock.stop();
});

test('a clock with a speed goes no faster', async (t) => {
  const clock = createClock({ start: 0, speed: 100 });
  const began = performance.now();
  await clock.sleep(20);
  t.true(performance.now() - began > 120);
  clock.stop();
});

test('whoever sleeps when the clock is stopped is woken with an error', async (t) => {
  const clock = createClock({ start: 0, speed: 1 });
  const link = createLink(clock, { link: 1, machineLink: 1 });
  const all = [clock.sleep(1000), link.transfer(1000), link.transfer(1000)];
  clock.stop();
  for (const one of all) await t.throwsAsync(one, { code: 'interrupted/cancelled' });
});

test('machines share the link of the server, and none is faster than its own', async (t) => {
  const clock = createClock({ start: 0, speed: Infinity });
  const link = createLink(clock, { link: 100, machineLink: 50 });
  const alone = await link.transfer(100);
  t.deepEqual(alone, { seconds: 2, alone: 2 });
  const late = clock.sleep(2).then(() => link.transfer(100));
  const four = await Promise.all([100, 100, 100, 200].map((bytes) => link.transfer(bytes)));
  // Two seconds with four, of 25 a second each, then five of 20.
  const near = (value: number, wanted: number): boolean => Math.abs(value - wanted) < 0.1;
  t.true(near(four[0]?.seconds ?? 0, 4.5), JSON.stringify(four));
  t.true(near(four[3]?.seconds ?? 0, 6.5), JSON.stringify(four));
  t.true(near((await late).seconds, 3.5));
  const { bytes, most, full } = link.figures();
  t.is(bytes, 700);
  t.is(most, 5);
  t.true(near(full, 4.5));
  clock.stop();
});

test('a coordinator takes one join after the other, and only of its own members', async (t) => {
  const clock = createClock({ start: 0, speed: Infinity });
  const coordinator = modelCoordinator(clock);
  const target = { ...(await coordinator.found('xen01')), user: 'root', password: 'x' };
  const { seconds } = DEFAULT_SETTINGS;
  const three = await Promise.all(
    ['a', 'b', 'c'].map((name) => coordinator.join(name, target, seconds)),
  );
  t.deepEqual(
    three.map(({ waited }) => Math.round(waited * 10) / 10),
    [0, 4.3, 8.6],
  );
  const stranger = { ...target, fingerprint: '0'.repeat(64) };
  await t.throwsAsync(coordinator.join('d', stranger, seconds), { code: 'io/not-ready' });
  clock.stop();
});
