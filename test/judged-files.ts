// Files that a person could have written, good and bad, each with what is said about it written beside it.
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

/** What is said about a file. */
export interface Judgement {
  valid: boolean;
  text: string;
}

/** A test for each .yaml file in `good/` and `bad/` of the directory; no text has what `secrets` finds. */
export function testJudgedFiles(
  files: string,
  judge: (path: string) => Promise<Judgement>,
  secrets: RegExp,
): void {
  for (const kind of ['good', 'bad']) {
    const directory = join(files, kind);
    for (const name of readdirSync(directory).filter((each) => each.endsWith('.yaml'))) {
      test(`${kind}/${name} gets the answer that is written beside it`, async (t) => {
        const { valid, text } = await judge(join(directory, name));
        const said = `${text.replaceAll(`${directory}/`, '').replaceAll(`${files}/`, '../')}\n`;
        t.is(valid, kind === 'good', said);
        t.false(secrets.test(said), 'no message repeats a secret');
        const file = join(directory, name.replace(/yaml$/, 'txt'));
        if (process.env['KRONOS_UPDATE_GOLDEN'] === '1') await writeFile(file, said);
        t.is(said, await readFile(file, 'utf8'), 'KRONOS_UPDATE_GOLDEN=1 writes it anew');
      });
    }
  }
}
