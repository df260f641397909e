// Programs on PATH that only write down how they were called.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { readTextOrUndefined } from '../../src/common/files.ts';
import { temporaryDirectory } from '../temporary.ts';

export interface FakePrograms {
  /** A line `NAME <ARGUMENT> ...` per call, each followed by its environment. */
  calls: () => Promise<string>;
  /** What a program was given on its standard input. */
  input: (name: string) => Promise<string>;
}

/**
 * Puts programs before all others until the test ends: name to what the shell does in place of them (`$@` are the
 * arguments, `$REAL` the real program). Only for test files that run nothing else meanwhile.
 */
export async function fakePrograms(
  t: ExecutionContext,
  programs: Readonly<Record<string, string>>,
): Promise<FakePrograms> {
  const directory = await temporaryDirectory(t);
  const bin = join(directory, 'bin');
  await mkdir(bin);
  const before = process.env['PATH'] ?? '';
  for (const [name, script] of Object.entries(programs)) {
    const lines = [
      '#!/bin/sh',
      `{ printf '%s' '${name}'; printf ' <%s>' "$@"; echo; env; } >> '${directory}/calls'`,
      `PATH='${before}'`,
      `REAL=$(command -v '${name}')`,
      `tee -a '${directory}/${name}.input' | {`,
      script === '' ? 'cat > /dev/null' : script,
      '}',
      '',
    ];
    await writeFile(join(bin, name), lines.join('\n'));
    await chmod(join(bin, name), 0o755);
  }
  process.env['PATH'] = `${bin}:${before}`;
  t.teardown(() => {
    process.env['PATH'] = before;
  });
  return {
    calls: () => readFile(join(directory, 'calls'), 'utf8'),
    input: async (name) => (await readTextOrUndefined(join(directory, `${name}.input`))) ?? '',
  };
}
