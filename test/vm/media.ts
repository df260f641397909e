// The release that scenarios boot: built by `kronos build` before they start (test/run-vm.ts).
import { cp, link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { listFiles } from '../../src/common/files.ts';

/** A published release directory. Errors: where the runner did not say where it is. */
export function releaseDirectory(edition = 'debian-13'): string {
  const out = process.env['KRONOS_RELEASES'];
  if (out === undefined)
    throw new Error('KRONOS_RELEASES must name the --out directory of a build');
  return join(out, `${edition}-amd64`);
}

/** The ISO of a release. */
export async function findIso(edition = 'debian-13'): Promise<string> {
  const directory = releaseDirectory(edition);
  const name = (await readdir(directory)).find((file) => file.endsWith('.iso'));
  if (name === undefined) throw new Error(`no ISO in ${directory}`);
  return join(directory, name);
}

/** A PXE tree of one's own to change, served at another port than 80; large files are linked. */
export async function copyPxeTree(port: number, edition = 'debian-13'): Promise<string> {
  const source = join(releaseDirectory(edition), 'pxe');
  const target = await mkdtemp(join(tmpdir(), 'kronos-pxe-'));
  for (const path of await listFiles(source)) {
    await mkdir(dirname(join(target, path)), { recursive: true });
    await link(join(source, path), join(target, path)).catch(() =>
      cp(join(source, path), join(target, path)),
    );
  }
  // What an operator writes whose web server is not at the usual port.
  await writeFile(join(target, 'site.cfg'), `set kronos_server=10.0.2.2:${port}\n`);
  await writeFile(join(target, 'site.ipxe'), `#!ipxe\nset kronos-base http://10.0.2.2:${port}/\n`);
  return target;
}

/** Changes one byte in the middle of a file without touching other names of it. */
export async function flipByte(path: string): Promise<void> {
  const data = await readFile(path);
  const at = Math.floor(data.length / 2);
  data[at] = (data[at] ?? 0) ^ 0xff;
  await rm(path);
  await writeFile(path, data);
}

/** Whether the long matrix was asked for. */
export const FULL = process.env['KRONOS_VM_MATRIX'] === 'full';

/** Has a boot tree that is served at a port install whoever starts from it, with these kernel arguments and no key. */
export async function writeSite(
  tree: string,
  port: number,
  kernelArguments: string,
): Promise<void> {
  const lines = [
    `set kronos_server=10.0.2.2:${port}`,
    `set kronos_arguments='${kernelArguments}'`,
    'set default=unattended',
    'set timeout=5',
    '',
  ];
  await writeFile(join(tree, 'site.cfg'), lines.join('\n'));
}
