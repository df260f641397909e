// Fleet files as people write them, right and wrong, and exactly what is said about each.
import { formatError } from '../../../src/common/error.ts';
import { formatTable } from '../../../src/common/format.ts';
import { describeFleet, describeOutline, outlineHost } from '../../../src/fleet/file/describe.ts';
import { readFleetFile } from '../../../src/fleet/file/read.ts';
import { foreseeWaves } from '../../../src/fleet/state/foresee.ts';
import { sourceDirectory } from '../../golden.ts';
import { testJudgedFiles, type Judgement } from '../../judged-files.ts';

const FILES = sourceDirectory(import.meta.url);

/** What is said about a file. */
async function judge(path: string): Promise<Judgement> {
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

testJudgedFiles(FILES, judge, /hunter2/);
