// Whatever hardware says of itself, a plan stays readable on a console.
import test from 'ava';
import fc from 'fast-check';
import { KronosError } from '../../../src/common/error.ts';
import { describePlan } from '../../../src/installer/plan/describe.ts';
import { digestPlan, NO_IMAGE, planInstall } from '../../../src/installer/plan/plan.ts';
import { machine } from '../../host/select/generated.ts';
import { planCase } from './machines.ts';

test('plans for odd machines are ASCII of 80 columns, and know their disks by other names', async (t) => {
  const { hostFile, inventory } = await planCase({ machine: 'six-disks', host: 'virtio-system' });
  const file = (pick: 'smallest' | 'largest'): typeof hostFile => ({
    ...hostFile,
    disks: {
      system: { ...hostFile.disks.system, match: {}, pick, existing: 'erase' },
      storage: [],
    },
  });
  let planned = 0;
  fc.assert(
    fc.property(
      machine,
      fc.constantFrom('smallest' as const, 'largest' as const),
      (disks, pick) => {
        try {
          const plan = planInstall(file(pick), { ...inventory, disks }, NO_IMAGE);
          planned += 1;
          for (const line of describePlan(plan).split('\n'))
            if (!/^[ -~]{0,80}$/.test(line)) throw new TypeError(line);
          const renamed = disks
            .map((disk, index) => ({ ...disk, name: `sd${index + 100}` }))
            .reverse();
          const again = planInstall(file(pick), { ...inventory, disks: renamed }, NO_IMAGE);
          t.is(digestPlan(again), digestPlan(plan));
        } catch (error) {
          if (!(error instanceof KronosError)) throw error;
        }
      },
    ),
    { numRuns: 2000 },
  );
  t.true(planned > 100, String(planned));
});
