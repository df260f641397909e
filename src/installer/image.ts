// The image that is installed: the layers and boot files that the running medium was started from.
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf } from '../common/digest.ts';
import { KronosError, systemCode } from '../common/error.ts';
import { exists } from '../common/files.ts';
import { digestWithProgram } from './digest-program.ts';
import type { ImageFacts } from './plan/plan.ts';

/** A layer that belongs on an installed host. */
export interface ImageLayer {
  name: string;
  path: string;
  /** Bytes of the compressed file. */
  size: number;
  sha256: string;
}

export interface InstallImage extends ImageFacts {
  version: string;
  edition: string;
  /** Bottom first. */
  layers: ImageLayer[];
  /** The part of the medium's initrd that an installed host uses. */
  initrd: { size: number; sha256: string };
  /** Paths whose content outlives the image. */
  state: readonly string[];
  /** Where GRUB for disks lies. */
  loader: string;
  /** `medium`, `memory` or `network`; and the address of the layers, for the last. */
  source: string;
  url: string;
}

export interface ImagePlaces {
  /** Where the boot script of the initrd left its notes. */
  run: string;
  /** The root of the running system. */
  root: string;
}

const HERE: ImagePlaces = { run: '/run/kronos', root: '/' };

/** Layers that an installed host has; the others are the medium's own. */
const INSTALLED = ['packages', 'host'];

/** What /usr/lib/kronos/appliance.json says that matters here. */
interface ApplianceDocument {
  version: string;
  edition: string;
  toolstack: { name: 'xl' | 'xapi' };
  installed: {
    xenArguments: string[];
    kernelArguments: string[];
    initrd: { size: number; sha256: string };
  };
  state: string[];
}

/** Reads what the running medium says about itself. Errors: `host/not-a-medium` where this is none. */
export async function openImage(places: ImagePlaces = HERE): Promise<InstallImage> {
  const appliance = await readOrExplain(join(places.root, 'usr/lib/kronos/appliance.json'));
  const document = JSON.parse(appliance) as ApplianceDocument;
  const boot = await readOrExplain(join(places.run, 'boot'));
  const list = await readOrExplain(join(places.run, 'layers.list'));
  const setting = (name: string): string =>
    new RegExp(`^${name}='(.*)'$`, 'm').exec(boot)?.[1] ?? '';
  const source = setting('KRONOS_SOURCE');
  const directory = join(places.run, source === 'medium' ? 'medium/kronos/layers' : 'memory');
  const layers = list
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([name = '']) => INSTALLED.includes(name))
    .map(([name = '', size = '', sha256 = '']) => ({
      ...{ name, size: Number(size), sha256 },
      path: join(directory, `${name}.squashfs`),
    }));
  return {
    ...{ version: document.version, edition: document.edition, layers, source },
    ...{ state: document.state, toolstack: document.toolstack.name },
    ...document.installed,
    loader: join(places.root, 'usr/lib/kronos/boot'),
    url: setting('KRONOS_URL'),
  };
}

async function readOrExplain(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new KronosError(
      'host/not-a-medium',
      `this system was not started from a medium of Kronos: ${path} is missing`,
      {
        hint: 'start the machine from the ISO or over the network and install from there',
        cause: error,
      },
    );
  }
}

/**
 * `known`: digests by path that somebody took already.
 * Errors: `verification/layer-damaged` with the layer that is not what it was when it was built.
 */
export async function verifyLayers(
  image: InstallImage,
  known: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const digests = await Promise.all(
    image.layers.map(async ({ path }) => known.get(path) ?? (await digestWithProgram(path))),
  );
  for (const [index, layer] of image.layers.entries()) {
    const found = digests[index];
    if (found === undefined) throw damaged(layer.path, 'it cannot be read');
    if (found !== layer.sha256) throw damaged(layer.path, `sha256 ${found}, not ${layer.sha256}`);
  }
}

/** The initrd of an installed host. Errors: `verification/layer-damaged`, `io/fetch-initrd`. */
export async function readInitrd(
  image: InstallImage,
  fetchBytes: (url: string, length: number) => Promise<Buffer>,
  places: ImagePlaces = HERE,
): Promise<Buffer> {
  const { size, sha256 } = image.initrd;
  const local = join(places.run, 'medium/boot/initrd.img');
  const content = (await exists(local))
    ? await readStart(local, size)
    : await fetchBytes(`${dirname(image.url)}/initrd.img`, size);
  if (digestOf(content) !== sha256)
    throw damaged('initrd.img', `sha256 ${digestOf(content)}, not ${sha256}`);
  return content;
}

async function readStart(path: string, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function damaged(path: string, why: string): KronosError {
  return new KronosError('verification/layer-damaged', `${path} is not what was built: ${why}`, {
    hint: 'check the medium from the boot menu, or copy the boot tree to the server again',
  });
}
