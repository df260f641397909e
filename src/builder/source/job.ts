// The root part of a rebuild: a clean tree of the edition's suite, and dpkg-buildpackage inside it.
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { KronosError } from '../../common/error.ts';
import { CommandError } from '../../common/process.ts';
import {
  extractEssential,
  findEssential,
  ARCHIVES,
  installArchives,
  prepareDpkg,
  UNREAD,
  type Archive,
} from '../packages/unpack.ts';
import type { JobContext } from '../sandbox/job.ts';
import {
  bindDirectory,
  mountSystem,
  prepareTree,
  runInTree,
  writeInTree,
} from '../sandbox/tree.ts';

export interface RebuildInput {
  /** Empty directory that becomes the tree. */
  tree: string;
  treeInMemory: boolean;
  /** Where the .debs go. */
  output: string;
  /** File that gets all that the build prints. */
  log: string;
  /** The blob store's directory. */
  blobs: string;
  archives: readonly Archive[];
  architecture: string;
  /** Path of the .dsc. */
  dsc: string;
  profiles: readonly string[];
  /** Processors to use; does not change what comes out. */
  parallel: number;
}

/** Where the source is inside the tree: part of what debug information says, so it never changes. */
const BUILD_DIRECTORY = '/build';

/** Not for an appliance, and large. */
const UNWANTED = /-dbgsym_|\.udeb$|\.ddeb$/;

/** Builds; returns the names of the .debs in `output`. Runs as root of a sandbox. */
export async function runJob(
  input: RebuildInput,
  context: JobContext,
): Promise<{ debs: string[] }> {
  const { tree } = input;
  const { progress } = context;
  await prepareTree(tree, input.treeInMemory);
  const essential = await findEssential(input.archives);
  progress.note('making a clean build environment');
  await extractEssential(tree, essential, []);
  await prepareDpkg(tree, input.architecture, UNREAD, []);
  await mountSystem(tree);
  await bindDirectory(tree, input.blobs, ARCHIVES);
  await installArchives(tree, essential, {}, progress, 'essential');
  const names = new Set(essential.map((archive) => archive.name));
  await installArchives(
    tree,
    input.archives.filter((archive) => !names.has(archive.name)),
    {},
    progress,
    'rest',
  );
  await writeInTree(tree, '/etc/hosts', '127.0.0.1 localhost\n');
  await mkdir(join(tree, BUILD_DIRECTORY), { recursive: true });
  for (const name of await readdir(dirname(input.dsc))) {
    await copyFile(join(dirname(input.dsc), name), join(tree, BUILD_DIRECTORY, name));
  }
  await build(input, context);
  const debs = (await readdir(join(tree, BUILD_DIRECTORY)))
    .filter((name) => name.endsWith('.deb') && !UNWANTED.test(name))
    .sort();
  await mkdir(input.output, { recursive: true });
  for (const name of debs)
    await copyFile(join(tree, BUILD_DIRECTORY, name), join(input.output, name));
  return { debs };
}

async function build(input: RebuildInput, { progress }: JobContext): Promise<void> {
  const { tree, profiles, parallel } = input;
  const log = createWriteStream(input.log);
  let lines = 0;
  const options = {
    cwd: '/',
    environment: {
      DEB_BUILD_OPTIONS: [...profiles, `parallel=${parallel}`].join(' '),
      DEB_BUILD_PROFILES: profiles.join(' '),
      // Builds must find nothing of a person's there.
      HOME: '/nonexistent',
    },
    onLine: (line: string) => {
      log.write(`${line}\n`);
      lines += 1;
      if (lines % 20 === 0) progress.note(`building, ${lines} lines: ${line.trim().slice(0, 60)}`);
    },
  };
  const source = `${BUILD_DIRECTORY}/source`;
  try {
    // apt has checked the files against the signed index; the maintainer's own key is not on this machine.
    await runInTree(
      tree,
      [
        'dpkg-source',
        '--no-check',
        '--extract',
        `${BUILD_DIRECTORY}/${basename(input.dsc)}`,
        source,
      ],
      options,
    );
    // Without root's umask and with the locale of every build; SOURCE_DATE_EPOCH comes from the changelog.
    const command = [
      'dpkg-buildpackage',
      '--build=binary',
      '--unsigned-source',
      '--unsigned-changes',
    ];
    await runInTree(tree, ['env', `--chdir=${source}`, ...command], options);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const tail = `${error.stdout}\n${error.stderr}`.trim().split('\n').slice(-12).join('\n    ');
    throw new KronosError(
      'io/source-build',
      `building ${basename(input.dsc)} failed:\n    ${tail}`,
      {
        hint: `the whole output is in ${input.log}`,
      },
    );
  } finally {
    log.end();
    await once(log, 'finish');
  }
}
