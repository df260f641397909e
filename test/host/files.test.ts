// Host files as people write them, right and wrong, and exactly what is said about each.
import { join } from 'node:path';
import { formatError } from '../../src/common/error.ts';
import { formatTable } from '../../src/common/format.ts';
import { describeHostFile } from '../../src/host/describe.ts';
import { readHostFile } from '../../src/host/read.ts';
import { sourceDirectory } from '../golden.ts';
import { testJudgedFiles, type Judgement } from '../judged-files.ts';

const FILES = join(sourceDirectory(import.meta.url), 'files');

/** What is said about a file, with paths as they are below files/. */
async function judge(path: string): Promise<Judgement> {
  try {
    const { hostFile, warnings } = await readHostFile(path);
    const lines = warnings.map((warning) => formatError(warning).replace(/^error/, 'warning'));
    return { valid: true, text: [...lines, formatTable(describeHostFile(hostFile))].join('\n') };
  } catch (error) {
    return { valid: false, text: formatError(error) };
  }
}

testJudgedFiles(FILES, judge, /canary|hunter2/);
