// One of several servers: arms machines by the rules, and plays the machines that are under way until all are ready.
import { decide } from '../../../../src/fleet/state/decide.ts';
import { foldNew } from '../../../../src/fleet/state/fold.ts';
import { isUnderWay } from '../../../../src/fleet/state/fold.ts';
import { machineOf } from '../../../../src/fleet/state/plan.ts';
import type { NewEntry } from '../../../../src/fleet/store/store.ts';
import { raceFleet } from '../race.ts';
import type { Report } from '../../../../src/steps/reporter.ts';
import { openNamed } from './open.ts';

const store = await openNamed(process.argv.slice(2));
const fleet = raceFleet();

/** Some machine under way goes on, and what follows is decided: all in one, as a server does. */
const goOn = (): Promise<boolean> =>
  store.transact((state) => {
    const under = [...state.machines.values()].filter(isUnderWay);
    const machine = under[Math.floor(Math.random() * under.length)];
    const append: NewEntry[] = [];
    if (machine?.state === 'armed') {
      const tokens = { bootToken: `b${machine.id}`, reportToken: `r${machine.id}` };
      const event = { type: 'released', attempt: machine.attempt, ...tokens } as const;
      append.push({ subject: machine.id, event });
    } else if (machine !== undefined) {
      const facts = { coordinator: { address: '192.0.2.1', fingerprint: 'a'.repeat(64) } };
      const report = {
        format: 'kronos-report',
        version: 1,
        result: 'ok',
        stage: 'firstboot',
        ...{ seconds: 1, facts, log: [] },
      } satisfies Report;
      append.push({ subject: machine.id, event: { type: 'reported', run: machine.id, report } });
    }
    const now = Date.now();
    const after = foldNew(state, append, new Date(now).toISOString());
    append.push(...decide(fleet, after, now));
    const done = fleet.hosts.every(({ name }) => machineOf(after, name)?.state === 'ready');
    return { append, result: done };
  });

const workers = Array.from({ length: 8 }, async () => {
  while (!(await goOn()));
});
await Promise.all(workers);
await store.close();
