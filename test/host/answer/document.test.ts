import { readFile } from 'node:fs/promises';
import test from 'ava';
import { renderAnswerFilesPage } from '../../../src/host/answer/document.ts';

test('docs/answer-files.md is in step (npm run docs)', async (t) => {
  const path = new URL('../../../../docs/answer-files.md', import.meta.url);
  t.is(await readFile(path, 'utf8'), renderAnswerFilesPage());
});
