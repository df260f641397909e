// The directory that boot files are fetched from by TFTP: those of the tree, and scripts that lead to the fleet server.
// The system itself comes over HTTP.
import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyFileAtomic, listFiles, statOrUndefined, writeFileAtomic } from '../common/files.ts';
import { renderSiteScript, type BootPlace } from './server/boot-script.ts';
import type { Render } from './templates.ts';

/** Files and directories of the tree that come before HTTP. */
const BOOT_FILES = ['grub.0', 'grubx64.efi', 'boot.ipxe', 'grub'];

/** Makes the directory, or brings it to what the tree has now; everybody may read it. Errors: those of node:fs. */
export async function writeTftp(
  directory: string,
  tree: string,
  place: Pick<BootPlace, 'server' | 'path' | 'tftp'>,
  render: Render,
): Promise<void> {
  const wanted = new Map<string, string | undefined>([
    ['site.cfg', undefined],
    ['site.ipxe', undefined],
  ]);
  for (const name of BOOT_FILES) {
    const source = join(tree, name);
    const isDirectory = (await statOrUndefined(source))?.isDirectory() === true;
    for (const path of isDirectory ? await listFiles(source) : ['']) {
      wanted.set(join(name, path), join(source, path));
    }
  }
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  for (const path of await listFiles(directory)) {
    if (!wanted.has(path)) await rm(join(directory, path));
  }
  for (const [path, source] of wanted) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    await chmod(dirname(target), 0o755);
    if (source === undefined) {
      const loader = path.endsWith('.cfg') ? 'cfg' : 'ipxe';
      await writeFileAtomic(target, renderSiteScript(render, loader, place));
    } else {
      await copyFileAtomic(source, target);
      await chmod(target, 0o644);
    }
  }
}
