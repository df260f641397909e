// The release that other engines deploy: what it is, where machines fetch it, and how its installer is started.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { digestOf } from '../../common/digest.ts';
import type { Sha256 } from '../../common/digest.ts';
import { KronosError, systemCode } from '../../common/error.ts';
import { fetchContent, shownUrl } from '../../host/fetch.ts';

/** A file of the release: where machines fetch it, and its digest. */
export interface ReleaseFile {
  url: string;
  sha256: Sha256;
}

export interface ExportImage {
  /** `Kronos 0.1.0 debian-13 (xl)`. */
  title: string;
  /** Another one for every build; letters, digits and hyphens: `kronos-91b55a8c`. */
  id: string;
  architecture: string;
  toolstack: 'xl' | 'xapi';
  kernel: ReleaseFile;
  initrd: ReleaseFile;
  /** Missing where the release was built without. */
  iso: ReleaseFile | undefined;
  /** The directory of the layers. */
  layers: string;
  /** What the menu gives the kernel for an unattended installation without Xen, without addresses. */
  kernelArguments: readonly string[];
  /** The bytes of kernel or initrd, compared with the digest. Errors: those of reading the release. */
  read: (file: 'kernel' | 'initrd') => Promise<Uint8Array>;
}

/** What is used of the manifest; the builder has all of it. */
const manifestSchema = z.object({
  format: z.literal('kronos-manifest'),
  kronos: z.string(),
  name: z.string(),
  edition: z.string(),
  architecture: z.string(),
  buildId: z.string().regex(/^[0-9a-f]{8,}$/),
  toolstack: z.object({ name: z.enum(['xl', 'xapi']) }),
});

/** Paths in a release. */
const FILES = { kernel: 'pxe/vmlinuz', initrd: 'pxe/initrd.img' } as const;
const MENU = 'pxe/boot.ipxe';

/** Bytes of a file of a release that are taken over HTTP. */
const LIMIT = 512 * 1024 * 1024;

/**
 * Reads the papers of a release from a directory or from where it is served. `url` is where machines fetch it; left out
 * where `place` is one.
 * Errors: `input/export-image`, `verification/export-image`, those of fetchContent.
 */
export async function openRelease(
  place: string,
  options: { url?: string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<ExportImage> {
  const remote = /^https?:\/\//.test(place);
  const url = (options.url ?? (remote ? place : '')).replace(/\/+$/, '');
  if (url === '') {
    throw new KronosError('input/export-image', `nothing says where machines fetch ${place}`, {
      hint: 'serve the directory over HTTP and give its address with --url',
    });
  }
  checkUrl(url);
  const read = remote
    ? (path: string) => fetchFile(`${place.replace(/\/+$/, '')}/${path}`, options.signal)
    : (path: string) => readReleaseFile(place, path);
  const sums = parseSums(text(await read('SHA256SUMS')));
  const checked = async (path: string): Promise<Uint8Array> => {
    const bytes = await read(path);
    if (digestOf(bytes) === sums.get(path)) return bytes;
    throw new KronosError('verification/export-image', `${path} of ${shown(place)} was changed`, {
      hint: 'it differs from SHA256SUMS beside it; copy the whole release again',
    });
  };
  const paper = [...sums.keys()].find((path) => path.endsWith('.manifest.json'));
  if (paper === undefined || !sums.has(MENU)) throw notRelease(place);
  const manifest = manifestSchema.safeParse(parseJson(text(await checked(paper))));
  if (!manifest.success) throw notRelease(place);
  const { kronos, name, edition, architecture, buildId, toolstack } = manifest.data;
  const fileOf = (path: string): ReleaseFile | undefined => {
    const sha256 = sums.get(path);
    return sha256 === undefined ? undefined : { url: `${url}/${path}`, sha256 };
  };
  const kernel = fileOf(FILES.kernel);
  const initrd = fileOf(FILES.initrd);
  if (kernel === undefined || initrd === undefined) throw notRelease(place);
  return {
    title: `Kronos ${kronos} ${edition} (${toolstack.name})`,
    id: `kronos-${buildId.slice(0, 8)}`,
    architecture,
    toolstack: toolstack.name,
    kernel,
    initrd,
    iso: fileOf(`${name}.iso`),
    layers: `${url}/pxe/layers`,
    kernelArguments: unattendedArguments(text(await checked(MENU)), place),
    read: (file) => checked(FILES[file]),
  };
}

/**
 * The arguments of the menu's entry without Xen: engines load a kernel and an initrd, and nothing that starts Xen. Which
 * ones an image needs depends on its recipes, so they are taken from its menu.
 */
export function unattendedArguments(menu: string, place: string): string[] {
  const line = /^:native\nkernel (.*?)(?: \|\| .*)?$/m.exec(menu)?.[1];
  if (line === undefined) throw notRelease(place);
  return line
    .split(' ')
    .filter((word) => word !== '' && !word.startsWith('${') && !word.startsWith('initrd='))
    .map((word) => (word.startsWith('kronos.mode=') ? 'kronos.mode=unattended' : word));
}

/** Addresses go into boot lines and templates: nothing in them may mean anything there. */
export function checkUrl(url: string): void {
  if (/^https?:\/\/[\w.,:=/@%+~*!?[\]-]+$/.test(url) && URL.canParse(url)) return;
  throw new KronosError(
    'input/export-url',
    `${JSON.stringify(url)} cannot be put into a boot line`,
    {
      hint: 'give an http or https address of letters, digits and . : / - _ % without a login',
    },
  );
}

function notRelease(place: string): KronosError {
  return new KronosError('input/export-image', `${shown(place)} is no whole release`, {
    hint: 'name what kronos build made, or its address: OUT/EDITION-ARCH with SHA256SUMS and pxe/',
  });
}

function shown(place: string): string {
  return URL.canParse(place) ? shownUrl(place) : place;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function parseSums(sums: string): Map<string, Sha256> {
  const lines = sums.split('\n').map((line) => /^([0-9a-f]{64}) [ *](.+)$/.exec(line));
  return new Map(lines.flatMap((line) => (line === null ? [] : [[line[2] ?? '', line[1] ?? '']])));
}

async function readReleaseFile(place: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(join(place, path));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(String(systemCode(error)))) throw notRelease(place);
    throw error;
  }
}

function fetchFile(url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return fetchContent(url, { signal, limit: LIMIT, timeoutSeconds: 600 });
}
