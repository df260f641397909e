// apt's own solver decides which packages go into a layer; this asks it and reads the answer.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError, KronosErrors, type Location } from '../../common/error.ts';
import { nearest } from '../../common/nearest.ts';
import type { PackageIndex, PackageRecord } from './packages.ts';
import { formatPins, type Pin } from './pins.ts';
import { runApt, type AptRoot } from './root.ts';
import { canonicalUri } from './sources.ts';

/** A package that somebody asks for. */
export interface SolveRequest {
  name: string;
  version?: string | undefined;
  /** Source that it must come from; undefined: whichever apt prefers. */
  from?: string | undefined;
  /** Where it was asked, for messages. */
  location?: Location | undefined;
}

/**
 * Refuses requests for packages or versions that no source has, all at once.
 * Errors: `input/unknown-package` with the nearest name, `input/unknown-version` with the versions there are.
 */
export function checkRequests(index: PackageIndex, requests: readonly SolveRequest[]): void {
  const errors: KronosError[] = [];
  for (const request of requests) {
    const options = { location: request.location };
    const there = index
      .versions(request.name)
      .filter((record) => request.from === undefined || record.from === request.from);
    const where = request.from === undefined ? 'the suite' : `the origin ${request.from}`;
    if (there.length === 0) {
      const near = nearest(request.name, index.names());
      const provided = index.isVirtual(request.name);
      const hint = provided
        ? 'it is provided by others only: name one of them'
        : near === undefined
          ? 'check the name and the suite'
          : `did you mean ${near}?`;
      errors.push(
        new KronosError(
          'input/unknown-package',
          `${where} has no package ${JSON.stringify(request.name)}`,
          { ...options, hint },
        ),
      );
    } else if (
      request.version !== undefined &&
      !there.some((record) => record.version === request.version)
    ) {
      const versions = [...new Set(there.map((record) => record.version))].join(', ');
      errors.push(
        new KronosError(
          'input/unknown-version',
          `${where} has no version ${JSON.stringify(request.version)} of package ${request.name}`,
          { ...options, hint: `there is ${versions}` },
        ),
      );
    }
  }
  if (errors.length === 1 && errors[0] !== undefined) throw errors[0];
  if (errors.length > 1) throw new KronosErrors(errors);
}

/** The dpkg status of a machine that has exactly these packages. */
export function formatStatus(installed: readonly PackageRecord[]): string {
  return installed
    .map(
      (record) =>
        `${record.text.replace(/^(Package: .*)$/m, '$1\nStatus: install ok installed')}\n\n`,
    )
    .join('');
}

/** The addresses that `--print-uris` names. */
export function parsePrintedUris(output: string): string[] {
  return [...output.matchAll(/^'([^']+)' \S+ \d+ ?\S*$/gm)].flatMap((match) => match[1] ?? []);
}

function findRecord(
  root: AptRoot,
  byAddress: ReadonlyMap<string, PackageRecord>,
  uri: string,
): PackageRecord {
  const record = byAddress.get(canonicalUri(uri).replaceAll('/./', '/'));
  if (record === undefined) {
    throw new KronosError(
      'internal/unlisted-package',
      `apt names ${uri}, which is in no index of ${root.directory}`,
    );
  }
  return record;
}

/** Addresses of all records, as apt prints them once decoded. */
function addresses(root: AptRoot, index: PackageIndex): Map<string, PackageRecord> {
  const uris = new Map(root.sources.map((source) => [source.name, source.uri]));
  const found = new Map<string, PackageRecord>();
  for (const record of index.all()) {
    found.set(canonicalUri(`${uris.get(record.from) ?? ''}/${record.path}`), record);
  }
  return found;
}

/** The records behind what `--print-uris` printed, sorted by name. */
export function recordsOfUris(root: AptRoot, index: PackageIndex, output: string): PackageRecord[] {
  const byAddress = addresses(root, index);
  const records = parsePrintedUris(output).map((uri) => findRecord(root, byAddress, uri));
  return records.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/**
 * Packages that have to be installed for `requests` to be there, besides those `installed`; sorted by name.
 * `doing` is a gerund phrase for messages.
 * Errors: `input/unknown-package`, `input/unknown-version`, `input/unsatisfiable` with apt's reasons.
 */
export async function solve(
  root: AptRoot,
  index: PackageIndex,
  options: {
    requests: readonly SolveRequest[];
    installed?: readonly PackageRecord[];
    pins?: readonly Pin[];
    doing: string;
  },
): Promise<PackageRecord[]> {
  checkRequests(index, options.requests);
  await writeFile(join(root.directory, 'status'), formatStatus(options.installed ?? []));
  await writeFile(join(root.directory, 'preferences'), formatPins(options.pins ?? []));
  if (options.requests.length === 0) return [];
  const words = options.requests.map((request) => {
    const version =
      request.version ??
      (request.from === undefined ? undefined : index.newest(request.name, request.from)?.version);
    return version === undefined ? request.name : `${request.name}=${version}`;
  });
  const { stdout } = await runApt(
    root,
    ['apt-get', 'install', '--print-uris', '-q', '--no-remove', ...[...new Set(words)].sort()],
    options.doing,
  );
  return recordsOfUris(root, index, stdout);
}
