// Units of recipes and packages, as the oldest systemd that hosts have reads them.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { EXIT_CODES } from '../../../src/common/error.ts';
import { run } from '../../../src/common/process.ts';

const RECIPES = 'recipes';

async function listUnits(): Promise<string[]> {
  const found = await readdir(RECIPES, { recursive: true });
  return found
    .filter((path) => /\.(?:service|socket|timer|target|path)$/.test(path))
    .map((path) => join(RECIPES, path))
    .sort();
}

test('systemd refuses nothing of any unit', async (t) => {
  const units = await listUnits();
  t.true(units.length > 3);
  for (const unit of units) {
    const accept = Array.from({ length: 256 }, (_, code) => code);
    const { stdout, stderr } = await run(['systemd-analyze', 'verify', '--man=no', unit], {
      accept,
    });
    // What the unit starts, and those that it waits for, are not on this machine.
    const said = `${stdout}${stderr}`.split('\n');
    const refused = said.filter((line) =>
      /isn't allowed|Refusing|bad unit file|Unknown (?:key|section|lvalue)|Failed to parse|Invalid/.test(
        line,
      ),
    );
    t.deepEqual(refused, [], unit);
  }
});

test('first boot starts again only where a server or a disk did not answer', async (t) => {
  const text = await readFile(join(RECIPES, 'kronos/files/kronos-firstboot.service'), 'utf8');
  const prevented = /^RestartPreventExitStatus=(.*)$/m.exec(text)?.[1]?.split(' ').map(Number);
  const others = Object.values(EXIT_CODES).filter((code) => code !== 0 && code !== EXIT_CODES.io);
  // 1 is what Node ends with by itself.
  t.deepEqual(
    prevented,
    [1, ...others].sort((a, b) => a - b),
  );
  t.regex(text, /^Restart=on-failure$/m);
});
