// Adds entries as fast as it can and says each that was kept, until it is killed.
import { writeSync } from 'node:fs';
import { macOf } from '../../fleets.ts';
import { openNamed } from './open.ts';

const store = await openNamed(process.argv.slice(2));
const writeOn = async (worker: number): Promise<void> => {
  for (let count = 0; ; count += 1) {
    const serial = `${worker}-${count}`;
    const event = { type: 'seen', facts: { serial }, inventory: '0'.repeat(64) } as const;
    await store.transact(() => ({
      append: [
        { subject: macOf(worker), event },
        { subject: macOf(100 + worker), event },
      ],
      result: undefined,
    }));
    writeSync(1, `${serial}\n`);
  }
};
await Promise.all(Array.from({ length: 20 }, (_, worker) => writeOn(worker)));
