// Step `files`: what recipes bring besides packages, as layers that are made in a moment.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  readFile,
  readdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf } from '../../common/digest.ts';
import { exists } from '../../common/files.ts';
import type { Entry } from '../image/contents.ts';
import { readContents, writeContents } from '../image/contents-file.ts';
import {
  COPY_DIGESTS,
  formatCheckList,
  parseCopyDigests,
  type CopyDigest,
} from '../image/copy-digests.ts';
import { DEFAULT_COMPRESSION, makeSquashfs } from '../image/squashfs.ts';
import { planDirectories, planLayer, type LayerFile, type LayerPlan } from '../files/layer.ts';
import { programFiles } from '../files/programs.ts';
import type { Selection } from '../recipe/recipe.ts';
import type { Step, StepContext, StepResult } from '../step/step.ts';
import { rememberedDigest } from './remembered-digest.ts';

export interface FilesStepOptions {
  selection: Selection;
  version: string;
  epoch: number;
  tools: StepResult;
  packages: StepResult;
  /** Our own programs; see programs.ts. */
  programs: StepResult;
  /** What starts an installed host from its disk; see loader.ts. */
  loader: StepResult;
}

/** The step that makes layers/host.squashfs and layers/live.squashfs from rendered files. */
export function filesStep(options: FilesStepOptions): Step {
  const { selection, version, epoch, tools, packages, loader } = options;
  return {
    name: 'files',
    title: "Write the recipes' files",
    module: import.meta.url,
    inputs: {
      ...Object.fromEntries(
        selection.recipes
          .filter((recipe) => recipe.layer !== 'tools')
          .map((recipe) => [`recipe ${recipe.name}`, digestRecipe(recipe)]),
      ),
      edition: { name: selection.edition.name, summary: selection.edition.summary },
      toolstack: selection.toolstack,
      programs: options.programs.key,
      version,
      epoch,
      tools: tools.key,
      packages: packages.key,
      loader: loader.key,
    },
    run: async (context) => {
      const programs = [
        ...programFiles(options.programs.directory),
        ...(await loaderFiles(loader.directory)),
      ];
      const initrd = join(packages.directory, 'boot/initrd.base');
      const boot = {
        initrd: { size: (await stat(initrd)).size, sha256: await rememberedDigest(initrd) },
      };
      const read = rememberContents();
      let host: HostFiles = { files: [], links: [] };
      for (const name of ['host', 'live'] as const) {
        const plan = planLayer(
          name,
          selection,
          programs,
          version,
          (source) => readFileSync(source, 'utf8'),
          boot,
        );
        if (plan.files.length + plan.links.length === 0) continue;
        if (name === 'live') plan.files.push(await digestsFile(packages.directory, host));
        const below = await readBelow(packages.directory, name, read);
        const files = await writeLayer(plan, below, epoch, join(tools.directory, 'root'), context);
        if (name === 'host') host = { files, links: plan.links };
      }
    },
  };
}

/** Both layers want the same lists. */
function rememberContents(): typeof readContents {
  const known = new Map<string, ReturnType<typeof readContents>>();
  return (path) => {
    const reading = known.get(path) ?? readContents(path);
    known.set(path, reading);
    return reading;
  };
}

/** The boot loader of an installed host, as files of the recipe kronos. */
async function loaderFiles(directory: string): Promise<LayerFile[]> {
  // The step's own note begins with a dot.
  const names = (await readdir(directory)).filter((name) => !name.startsWith('.'));
  return names.sort().map((name) => ({
    path: `/usr/lib/kronos/boot/${name}`,
    mode: 0o644,
    source: join(directory, name),
    recipe: 'kronos',
  }));
}

/** What the layer `host` puts over the packages. */
interface HostFiles {
  files: readonly CopyDigest[];
  links: LayerPlan['links'];
}

/** What every file of an installed host should be, for the installer to compare with what the disk gives back. */
async function digestsFile(packages: string, host: HostFiles): Promise<LayerFile> {
  const below = parseCopyDigests(await readFile(join(packages, COPY_DIGESTS), 'utf8'));
  const merged = new Map([...below, ...host.files].map((file) => [file.path, file]));
  for (const { path } of host.links) merged.delete(path);
  return {
    path: '/usr/lib/kronos/digests',
    mode: 0o644,
    text: formatCheckList([...merged.values()]),
    recipe: 'live',
  };
}

/** What the package layers under a layer of files hold, by path. */
export async function readBelow(
  packages: string,
  name: LayerPlan['name'],
  read = readContents,
): Promise<Map<string, Entry>> {
  const below = new Map<string, Entry>();
  for (const layer of name === 'live' ? ['packages', 'live-packages'] : ['packages']) {
    const contents = join(packages, 'contents', `${layer}.jsonl`);
    // Packages of the medium only may add nothing.
    if (layer === 'live-packages' && !(await exists(contents))) continue;
    for (const entry of await read(contents)) below.set(entry.path, entry);
  }
  return below;
}

/** The parts of a recipe that files depend on, files by content. */
function digestRecipe(recipe: Selection['recipes'][number]): unknown {
  return {
    layer: recipe.layer,
    summary: recipe.summary,
    files: recipe.files.map((file) => ({
      path: file.path,
      mode: file.mode,
      content:
        file.text === undefined ? digestOf(readFileSync(file.source ?? '')) : digestOf(file.text),
    })),
    links: recipe.links.map(({ path, target }) => ({ path, target })),
    modules: recipe.modules,
    enable: recipe.services.enable,
    state: recipe.state,
    checks: recipe.checks,
    xen: recipe.xenArguments,
    kernel: recipe.kernelArguments,
  };
}

/** Makes a layer and the list of what it holds; returns what a copy of its files is compared with. */
async function writeLayer(
  plan: LayerPlan,
  below: ReadonlyMap<string, Entry>,
  epoch: number,
  toolsRoot: string,
  context: StepContext,
): Promise<CopyDigest[]> {
  const root = join(context.scratch, plan.name);
  const directories = planDirectories(plan, below);
  // mksquashfs gets modes and owners from this list: an ordinary user could not set them in a directory.
  const attributes: string[] = [];
  const entries: Entry[] = [];
  for (const directory of directories) {
    await mkdir(join(root, directory.path), { recursive: true });
    // The list does not reach the root itself; without this the caller's umask would be the mode of `/` in the host.
    if (directory.path === '/') await chmod(root, directory.mode);
    entries.push({ ...directory, type: 'directory' });
    attributes.push(attributeLine(directory.path, directory.mode, directory.uid, directory.gid));
  }
  const copies: CopyDigest[] = [];
  for (const file of plan.files) {
    const { md5, ...entry } = await writeFileEntry(root, file, attributes);
    entries.push(entry);
    copies.push({ path: entry.path, size: entry.size, md5 });
  }
  for (const link of plan.links) {
    await symlink(link.target, join(root, link.path));
    const { path, target } = link;
    entries.push({
      path,
      type: 'symlink',
      mode: 0o777,
      uid: 0,
      gid: 0,
      target,
      owner: `recipe:${link.recipe}`,
    });
  }
  const list = join(context.scratch, `${plan.name}.attributes`);
  await writeFile(list, `${attributes.join('\n')}\n`);
  await mkdir(join(context.directory, 'layers'), { recursive: true });
  await makeSquashfs(
    toolsRoot,
    root,
    join(context.directory, 'layers', `${plan.name}.squashfs`),
    DEFAULT_COMPRESSION,
    epoch,
    ['-all-root', '-no-xattrs', '-pf', list],
  );
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  await mkdir(join(context.directory, 'contents'), { recursive: true });
  await writeContents(join(context.directory, 'contents', `${plan.name}.jsonl`), entries);
  return copies;
}

/** A line of mksquashfs's pseudo file syntax that sets mode and owner of an existing path. */
function attributeLine(path: string, mode: number, uid: number, gid: number): string {
  return `"${path.replaceAll('"', '\\"')}" m ${mode.toString(8)} ${uid} ${gid}`;
}

async function writeFileEntry(
  root: string,
  file: LayerFile,
  attributes: string[],
): Promise<Entry & { size: number; md5: string }> {
  const full = join(root, file.path);
  await mkdir(dirname(full), { recursive: true });
  if (file.text === undefined) await copyFile(file.source ?? '', full);
  else await writeFile(full, file.text);
  await chmod(full, 0o644);
  attributes.push(attributeLine(file.path, file.mode, 0, 0));
  const content = await readFile(full);
  return {
    path: file.path,
    type: 'file',
    mode: file.mode,
    uid: 0,
    gid: 0,
    size: content.length,
    sha256: digestOf(content),
    md5: createHash('md5').update(content).digest('hex'),
    owner: `recipe:${file.recipe}`,
  };
}
