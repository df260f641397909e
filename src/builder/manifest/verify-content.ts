// The inner half of `verify`: what is on the ISO and in its layers against manifest, list of contents and SBOM.
import { join } from 'node:path';
import * as z from 'zod';
import { SHA256_PATTERN } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { exists, readTextOrUndefined } from '../../common/files.ts';
import type { Progress } from '../../common/progress.ts';
import type { Layer } from '../image/contents.ts';
import { digestContents } from '../image/contents-file.ts';
import { compareEntries, comparePackageLists, type Problem } from './compare.ts';
import { parseDpkgStatus } from './dpkg-status.ts';
import { readLayer } from './layer-reader.ts';
import type { ManifestLayer } from './manifest.ts';
import { digestMediumFile, listMedium, type MediumFile } from './medium.ts';
import { readReleaseLayers, releaseFiles, type Release } from './release.ts';
import { coveredFiles, type ReadComponent } from './sbom.ts';
import type { VerifyReport } from './verify.ts';

export interface VerifyContentOptions {
  toolsRoot: string;
  hostFile: VerifyReport['hostFile'];
  progress: Progress;
  signal?: AbortSignal | undefined;
}

export interface VerifyContentReport {
  checked: { mediumFiles: number; entries: number; packages: number };
  notes: string[];
  problems: Problem[];
}

const STATUS = '/var/lib/dpkg/status';

/** Checks the files on the ISO, the paths in its layers, packages and SBOM. Errors: `interrupted/cancelled`. */
export async function verifyContent(
  release: Release,
  options: VerifyContentOptions,
): Promise<VerifyContentReport> {
  const report: VerifyContentReport = {
    checked: { mediumFiles: 0, entries: 0, packages: 0 },
    notes: [],
    problems: [],
  };
  const layers = await collect(report.problems, releaseFiles(release.manifest.name).contents, () =>
    readReleaseLayers(release),
  );
  if (layers !== undefined) {
    checkListDigests(release, layers, report.problems);
    await checkSbom(release, layers, report.problems);
  }
  // A missing ISO has been told already.
  if (!(await exists(release.iso))) return report;
  options.progress.note('reading the files of the ISO');
  const medium = await collect(report.problems, release.manifest.iso.path, () =>
    listMedium(options.toolsRoot, release.iso, options.signal),
  );
  if (medium === undefined) return report;
  await checkMedium(release, medium, options, report);
  for (const layer of release.manifest.layers) {
    const place = medium.find(({ path }) => path === layer.path);
    const list = layers?.find(({ name }) => name === layer.name);
    if (place !== undefined) await checkLayer(release, layer, place, list, options, report);
  }
  return report;
}

/** Turns an error of class verification or input into a problem, so that the other checks still run. */
async function collect<T>(
  problems: Problem[],
  file: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (
      !(error instanceof KronosError) ||
      (error.class !== 'verification' && error.class !== 'input')
    )
      throw error;
    const line = error.location?.line;
    const name = problemName(error.code);
    problems.push({
      name,
      file: line === undefined ? file : `${file}:${line}`,
      expected: name === 'changed-file' ? 'a file as it was made' : 'something that can be read',
      found:
        error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message,
    });
    return undefined;
  }
}

function problemName(code: string): Problem['name'] {
  if (code === 'verification/unreadable-layer') return 'unreadable-layer';
  return code === 'verification/unreadable-iso' ? 'unreadable-iso' : 'changed-file';
}

function checkListDigests(release: Release, layers: readonly Layer[], problems: Problem[]): void {
  const file = releaseFiles(release.manifest.name).contents;
  for (const layer of release.manifest.layers) {
    const found = digestContents(layers.find(({ name }) => name === layer.name)?.entries ?? []);
    if (found === layer.contents) continue;
    problems.push({
      name: 'changed-file',
      file: `${file}, layer ${layer.name}`,
      expected: `sha256 ${layer.contents}`,
      found: `sha256 ${found}`,
    });
  }
}

async function checkMedium(
  release: Release,
  medium: readonly MediumFile[],
  options: VerifyContentOptions,
  { problems, checked }: VerifyContentReport,
): Promise<void> {
  const { manifest, iso } = release;
  const rest = new Map(medium.map((file) => [file.path, file]));
  for (const record of manifest.medium) {
    options.signal?.throwIfAborted();
    options.progress.note(`checking ${record.path}`);
    const file = `iso:/${record.path}`;
    const place = rest.get(record.path);
    rest.delete(record.path);
    const expected = `${record.size} bytes, sha256 ${record.sha256}`;
    if (place === undefined) {
      problems.push({ name: 'missing-file', file, expected, found: 'nothing' });
      continue;
    }
    checked.mediumFiles += 1;
    // The area for a host file may differ; that nothing else does has been seen by the ISO's own digest.
    if (options.hostFile === 'embedded' && place.offset === manifest.iso.hostArea.offset) continue;
    const sha256 = await digestMediumFile(iso, place);
    if (sha256 === record.sha256 && place.size === record.size) continue;
    problems.push({
      name: 'changed-file',
      file,
      expected,
      found: `${place.size} bytes, sha256 ${sha256}`,
    });
  }
  for (const { path, size } of rest.values()) {
    problems.push({
      name: 'unexpected-file',
      file: `iso:/${path}`,
      expected: 'nothing',
      found: `${size} bytes`,
    });
  }
}

async function checkLayer(
  release: Release,
  layer: ManifestLayer,
  place: MediumFile,
  list: Layer | undefined,
  options: VerifyContentOptions,
  { problems, checked }: VerifyContentReport,
): Promise<void> {
  options.progress.note(`reading layer ${layer.name}`);
  const { toolsRoot, signal } = options;
  const content = await collect(problems, `iso:/${layer.path}`, () =>
    readLayer({ file: release.iso, offset: place.offset, toolsRoot, capture: [STATUS], signal }),
  );
  if (content === undefined) return;
  checked.entries += content.entries.length;
  if (list !== undefined)
    problems.push(...compareEntries(layer.name, list.entries, content.entries));
  const status = content.captured.get(STATUS);
  if (status === undefined) return;
  const expected = release.manifest.packages.filter((item) => layer.live || item.layer === 'host');
  const found = parseDpkgStatus(status.toString('utf8'));
  checked.packages = Math.max(checked.packages, found.length);
  problems.push(...comparePackageLists(layer.name, expected, found));
}

const componentSchema: z.ZodType<ReadComponent> = z.object({
  name: z.string(),
  hashes: z.array(z.object({ content: z.string().regex(SHA256_PATTERN) })).optional(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  components: z.lazy(() => z.array(componentSchema)).optional(),
});
const sbomSchema = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.6'),
  components: z.array(componentSchema),
});

/** Every path of every layer is in the SBOM with the same digest, and nothing else is. */
async function checkSbom(
  release: Release,
  layers: readonly Layer[],
  problems: Problem[],
): Promise<void> {
  const file = releaseFiles(release.manifest.name).sbom;
  const text = await readTextOrUndefined(join(release.directory, file));
  if (text === undefined) return;
  let components: readonly ReadComponent[];
  try {
    components = sbomSchema.parse(JSON.parse(text)).components;
  } catch (error) {
    const found = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    problems.push({ name: 'sbom', file, expected: 'CycloneDX 1.6', found });
    return;
  }
  const covered = new Map(
    coveredFiles(components).map((item) => [`${item.layer}:${item.path}`, item]),
  );
  for (const { name, entries } of layers) {
    for (const entry of entries.filter(({ type }) => type !== 'directory')) {
      const key = `${name}:${entry.path}`;
      const item = covered.get(key);
      covered.delete(key);
      if (item !== undefined && item.sha256 === entry.sha256) continue;
      const found = item === undefined ? 'nothing' : `sha256 ${item.sha256 ?? 'none'}`;
      problems.push({
        name: 'sbom',
        file: `${file}: ${key}`,
        expected: `sha256 ${entry.sha256 ?? 'none'}`,
        found,
      });
    }
  }
  for (const key of covered.keys()) {
    problems.push({ name: 'sbom', file: `${file}: ${key}`, expected: 'nothing', found: 'a file' });
  }
}
