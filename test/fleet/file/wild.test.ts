// Whatever a fleet file is made of: it is valid and gives host files that are, or each mistake has its place.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { KronosError, KronosErrors } from '../../../src/common/error.ts';
import { composeHostFile } from '../../../src/fleet/file/host-file.ts';
import { parseFleetFile } from '../../../src/fleet/file/read.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { sourceDirectory } from '../../golden.ts';

const FILES = sourceDirectory(import.meta.url);

const REPORT = {
  ...{ url: 'https://192.0.2.1/v1/events', fingerprint: 'ab'.repeat(32), token: 'token' },
};

/** What may take the place of a word. */
const WORDS = [
  ...['null', '[]', '{}', '7', '""', 'true', '"${serial}"', '"${x}"', 'xen01', 'xen02', 'blue'],
  ...[
    'group:mirrored',
    'mirrored',
    '-1',
    '"\\u0000"',
    '[null]',
    '{ a: null }',
    '1e400',
    'first-seen',
  ],
];

/** Names whose report is not about the file. */
async function judge(text: string): Promise<void> {
  const options = { directory: FILES };
  const { fleet } = await parseFleetFile(text, 'fleet.yaml', options);
  for (const { name, pool } of fleet.hosts) {
    const { coordinator } = fleet.pools.find((one) => one.name === pool) ?? {};
    const leads =
      coordinator === undefined || coordinator === 'first-seen' || coordinator.host === name;
    const joined = leads ? undefined : { address: '192.0.2.9', fingerprint: 'cd'.repeat(32) };
    const facts = {
      serial: 'S1',
      mac: '52:54:00:00:00:01',
      uuid: 'u',
      asset_tag: 'a',
      product: 'p',
    };
    const host = await composeHostFile(fleet, name, { facts, report: REPORT, pool: joined });
    await parseHostFile(host, name, { facts });
  }
}

function isPlaced(error: unknown): boolean {
  const errors = error instanceof KronosErrors ? error.errors : [error];
  return errors.every((one) => one instanceof KronosError && one.location?.file === 'fleet.yaml');
}

test('any word in place of another: valid, or each mistake has its place', async (t) => {
  const text = (await readFile(join(FILES, 'good/rack.yaml'), 'utf8')).replace(/^ *#.*\n/gm, '');
  const places = [...text.matchAll(/[^\s,:[\]{}]+/g)];
  const change = fc.record({
    place: fc.nat({ max: places.length - 1 }),
    word: fc.constantFrom(...WORDS),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      let changed = text;
      for (const { place, word } of [...changes].sort((a, b) => b.place - a.place)) {
        const { index, 0: old } = places[place] as RegExpExecArray;
        changed = changed.slice(0, index) + word + changed.slice(index + old.length);
      }
      try {
        await judge(changed);
      } catch (error) {
        if (!isPlaced(error)) throw error;
      }
    }),
    { numRuns: 300 },
  );
  t.pass();
});
