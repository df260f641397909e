import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { digestOf } from '../../src/common/digest.ts';
import type { BootContext } from '../../src/firstboot/context.ts';
import { hookSteps } from '../../src/firstboot/hooks.ts';
import { runIndependent } from '../../src/steps/run-independent.ts';
import { temporaryDirectory, writeFiles } from '../temporary.ts';

const { signal } = new AbortController();

async function run(directory: string) {
  const steps = await hookSteps(directory);
  // The network is there.
  const alone = steps.map((step) => ({ ...step, needs: [] }));
  return runIndependent(alone, { signal } as BootContext, {
    ...{ stage: 'firstboot', sink: () => undefined, signal },
  });
}

test('a hook runs once; one that failed runs again, and one that was changed does not run', async (t) => {
  const directory = await temporaryDirectory(t);
  const script = `#!/bin/sh\necho "$1" >>${directory}/ran\ntest -e ${directory}/ready\n`;
  await writeFiles(directory, { '1-hello': script });
  await chmod(join(directory, '1-hello'), 0o700);
  const hook = { program: '1-hello', from: 'hello.sh', sha256: digestOf(script), timeout: 20 };
  await writeFile(join(directory, 'hooks.json'), JSON.stringify([hook]));

  const [first] = await run(directory);
  t.like(first, { state: 'failed', error: { code: 'host/hook-failed' } });
  await writeFile(join(directory, 'ready'), '');
  t.deepEqual(await run(directory), [{ step: 'hook-1', state: 'done' }]);
  t.deepEqual(await run(directory), [{ step: 'hook-1', state: 'unchanged' }]);
  t.is(await readFile(join(directory, 'ran'), 'utf8'), 'first-boot\nfirst-boot\n');

  await writeFile(
    join(directory, 'hooks.json'),
    JSON.stringify([{ ...hook, sha256: 'f'.repeat(64) }]),
  );
  const [changed] = await run(directory);
  t.like(changed, { error: { code: 'verification/hook-changed' } });
});

test('without hooks there are no steps, and a damaged list is told', async (t) => {
  const directory = await temporaryDirectory(t);
  t.deepEqual(await hookSteps(directory), []);
  await writeFile(join(directory, 'hooks.json'), '[{"program"');
  await t.throwsAsync(hookSteps(directory), { code: 'input/hooks-record' });
});
