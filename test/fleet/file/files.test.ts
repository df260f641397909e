// Fleet files as people write them, right and wrong, and exactly what is said about each.
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { formatError } from '../../../src/common/error.ts';
import { formatTable } from '../../../src/common/format.ts';
import { describeFleet, describeOutline, outlineHost } from '../../../src/fleet/file/describe.ts';
import { readFleetFile } from '../../../src/fleet/file/read.ts';
import { foreseeWaves } from '../../../src/fleet/state/foresee.ts';
import { sourceDirectory } from '../../golden.ts';

const FILES = sourceDirectory(import.meta.url);

/** What is said about a file. */
async function judge(path: string): Promise<{ valid: boolean; text: string }> {
  try {
    const { fleet, warnings } = await readFleetFile(path);
    const waves = foreseeWaves(fleet);
    const hosts = fleet.hosts.map((host) => {
      const outline = outlineHost(fleet, host, waves.get(host.name) ?? -1);
      return `${host.name}\n${formatTable(describeOutline(outline))}`;
    });
    const told = warnings.map((warning) => formatError(warning).replace(/^error/, 'warning'));
    return {
      valid: true,
      text: [...told, formatTable(describeFleet(fleet)), ...hosts].join('\n'),
    };
  } catch (error) {
    return { valid: false, text: formatError(error) };
  }
}

for (const kind of ['good', 'bad']) {
  const directory = join(FILES, kind);
  for (const name of readdirSync(directory).filter((each) => each.endsWith('.yaml'))) {
    test(`${kind}/${name} gets the answer that is written beside it`, async (t) => {
      const { valid, text } = await judge(join(directory, name));
      const said = `${text.replaceAll(`${directory}/`, '').replaceAll(`${FILES}/`, '../')}\n`;
      t.is(valid, kind === 'good', said);
      t.false(/hunter2/.test(said), 'no message repeats a secret');
      const file = join(directory, name.replace(/yaml$/, 'txt'));
      if (process.env['KRONOS_UPDATE_GOLDEN'] === '1') await writeFile(file, said);
      t.is(said, await readFile(file, 'utf8'), 'KRONOS_UPDATE_GOLDEN=1 writes it anew');
    });
  }
}
