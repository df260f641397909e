import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  moduleName,
  readModuleIndex,
  selectModules,
  writeModuleIndex,
  type ModuleIndex,
} from '../../../src/builder/packages/module-index.ts';

/** What depmod of kmod 34 wrote for a few drivers of Debian's kernel. */
const GOLDEN = join(import.meta.dirname, '../../../../test/builder/packages/golden/depmod');

async function written(): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of await readdir(GOLDEN)) files.set(name, await readFile(join(GOLDEN, name)));
  return files;
}

test('an index of depmod says what its text says', async (t) => {
  const all = await written();
  const values = [...readModuleIndex(all.get('modules.dep.bin') ?? Buffer.of()).values()].flat();
  t.deepEqual(
    values.map(({ value }) => value).sort(),
    (all.get('modules.dep') ?? '').toString().trim().split('\n').sort(),
  );
  const aliases = readModuleIndex(all.get('modules.alias.bin') ?? Buffer.of());
  const lines = [...aliases].flatMap(([key, of]) => of.map(({ value }) => `alias ${key} ${value}`));
  const text = (all.get('modules.alias') ?? '').toString().trim().split('\n');
  // kmod looks names up with underscores.
  const looked = text.filter((line) => !line.startsWith('#')).map((l) => l.replaceAll('-', '_'));
  t.deepEqual(lines.sort(), looked.sort());
});

test('what is selected is about the modules that are there, in texts and indices alike', async (t) => {
  const all = await written();
  const paths = ['kernel/drivers/md/dm-mod.ko.xz', 'kernel/drivers/net/mii.ko.xz'];
  const some = selectModules(new Map([...all, ['modules.order', Buffer.from('x')]]), paths);
  t.deepEqual([...some.keys()].sort(), [...all.keys()].sort());
  t.deepEqual([...readModuleIndex(some.get('modules.dep.bin') ?? Buffer.of()).keys()].sort(), [
    'dm_mod',
    'mii',
  ]);
  t.deepEqual(
    (some.get('modules.dep') ?? '').toString(),
    'kernel/drivers/md/dm-mod.ko.xz:\nkernel/drivers/net/mii.ko.xz:\n',
  );
  const everything = (all.get('modules.dep') ?? '').toString().match(/^[^:]+/gm) ?? [];
  const whole = selectModules(all, everything);
  t.is(whole.get('modules.dep')?.toString(), all.get('modules.dep')?.toString());
  for (const [name, data] of all) {
    if (!name.endsWith('.bin')) continue;
    t.is(whole.get(name)?.length, data.length, name);
    t.deepEqual(readModuleIndex(whole.get(name) ?? Buffer.of()), readModuleIndex(data), name);
  }
});

test('every index comes back as it was written', (t) => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '_'), minLength: 1 });
  const values = fc.array(
    fc.record({ priority: fc.nat(0xffff), value: fc.string({ unit: fc.constantFrom('x', ' ') }) }),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(fc.dictionary(key, values), (entries) => {
      const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
      const index: ModuleIndex = new Map(sorted);
      t.deepEqual(readModuleIndex(writeModuleIndex(index)), index);
    }),
  );
});

test('what is no index, or only a part of one, is refused', async (t) => {
  const data = (await written()).get('modules.dep.bin') ?? Buffer.of();
  t.throws(() => readModuleIndex(Buffer.alloc(64)), { instanceOf: TypeError });
  t.throws(() => readModuleIndex(data.subarray(0, data.length - 9)), { instanceOf: RangeError });
  t.is(moduleName('kernel/drivers/md/dm-mod.ko.xz'), 'dm_mod');
});
