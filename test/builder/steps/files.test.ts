import { execFileSync } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { writeContents } from '../../../src/builder/image/contents-file.ts';
import { filesStep } from '../../../src/builder/steps/files.ts';
import { toolCommand } from '../../../src/builder/tools.ts';
import { digestFile } from '../../../src/common/digest.ts';
import { SILENT } from '../../../src/common/progress.ts';
import { plainFile, plainRecipe, plainSelection } from '../recipe/plain.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';
import { toolsRoot } from '../../tools-root.ts';

test('the umask of the person who builds is not the mode of the root of a host', async (t) => {
  const directory = await temporaryDirectory(t);
  const packages = {
    name: 'packages',
    key: 'p',
    directory,
    reused: true,
    reason: '',
    seconds: 0,
  };
  await mkdir(join(directory, 'contents'));
  await writeContents(join(directory, 'contents/packages.jsonl'), [
    { path: '/', type: 'directory', mode: 0o755, uid: 0, gid: 0 },
  ]);
  await writeFiles(directory, { 'boot/initrd.base': 'initrd' });
  const loader = join(directory, 'loader');
  await mkdir(loader);
  const digests: string[] = [];
  for (const mask of [0o022, 0o077]) {
    const output = join(directory, `out-${mask}`);
    const scratch = join(directory, `scratch-${mask}`);
    await mkdir(output);
    // A thread cannot have a umask of its own; a directory that is there already has the mode that it would give.
    await mkdir(join(scratch, 'host'), { recursive: true });
    await chmod(join(scratch, 'host'), 0o777 & ~mask);
    const step = filesStep({
      selection: plainSelection([
        plainRecipe('base', { files: [plainFile('/etc/motd', 'Hello')] }),
      ]),
      ...{ version: '1', epoch: 1_700_000_000, packages },
      tools: { ...packages, name: 'tools', directory: join(toolsRoot(), '..') },
      loader: { ...packages, name: 'loader', directory: loader },
      programs: { ...packages, name: 'programs', directory: loader },
    });
    const { signal } = new AbortController();
    await step.run({ directory: output, scratch, progress: SILENT, signal });
    const layer = join(output, 'layers/host.squashfs');
    const [program = '', ...args] = toolCommand(toolsRoot(), 'unsquashfs', ['-lln', layer]);
    const root = execFileSync(program, args, { encoding: 'utf8' })
      .split('\n')
      .find((line) => line.endsWith(' squashfs-root'));
    t.regex(root ?? '', /^drwxr-xr-x 0\/0/);
    digests.push(await digestFile(layer));
  }
  t.is(digests[0], digests[1]);
});
