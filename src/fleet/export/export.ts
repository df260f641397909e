// A fleet in the words of another engine: MAAS, Tinkerbell or Ironic deploy the same image with the same host files.
import { KronosError } from '../../common/error.ts';
import { shownUrl } from '../../host/fetch.ts';
import type { Fleet } from '../file/fleet.ts';
import { prepareHosts } from './host.ts';
import type { Coordinator, ExportHost } from './host.ts';
import { checkUrl, openRelease } from './image.ts';
import type { ExportImage } from './image.ts';
import { exportIronic } from './ironic.ts';
import { exportMaas, packImage } from './maas.ts';
import { formatSeed, userDataUrl } from './nocloud.ts';
import type { OutputFile } from './output.ts';
import { exportTinkerbell } from './tinkerbell.ts';

/** Who deploys. */
export type Engine = 'maas' | 'tinkerbell' | 'ironic';

export interface ExportRequest {
  engine: Engine;
  /** A release directory, or its address. */
  image: string;
  /** Where machines fetch the release; left out where `image` is an address. */
  url?: string | undefined;
  /** Hosts by name; none: all. */
  hosts: readonly string[];
  /** Where the directory of the seeds is served, with SHA-256 of the certificate of that server. */
  seeds?: { url: string; fingerprint?: string | undefined } | undefined;
  /** Address of Tinkerbell's metadata service. */
  metadata?: string | undefined;
  namespace: string;
  /** Coordinators that stand, by pool. */
  coordinators: ReadonlyMap<string, Coordinator>;
  signal?: AbortSignal | undefined;
}

export interface FleetExport {
  image: ExportImage;
  hosts: readonly ExportHost[];
  files: readonly OutputFile[];
  /** What will surprise; none of them is thrown. */
  warnings: readonly KronosError[];
}

/**
 * Everything that an export consists of; nothing is written.
 * Errors: those of openRelease, prepareHosts and of the engine; `input/export-url`, `input/export-source`.
 */
export async function exportFleet(fleet: Fleet, request: ExportRequest): Promise<FleetExport> {
  const { engine, url, signal, seeds, coordinators, namespace } = request;
  const metadata = request.metadata?.replace(/\/+$/, '');
  for (const given of [seeds?.url, metadata]) if (given !== undefined) checkUrl(given);
  const image = await openRelease(request.image, { url, signal });
  const hosts = await prepareHosts(fleet, request.hosts, { image, coordinators });
  const warnings: KronosError[] = [];
  const base = seeds?.url.replace(/\/+$/, '');
  const source =
    base === undefined
      ? undefined
      : (host: ExportHost) => ({
          url: userDataUrl(base, host),
          fingerprint: seeds?.fingerprint,
        });
  const files: OutputFile[] = [];
  if (base !== undefined) {
    files.push(...hosts.flatMap(formatSeed));
    warnings.push(...warnOfSeeds(base, hosts));
  }
  if (engine === 'maas') {
    if (source === undefined) throw sourceMissing();
    files.push(...exportMaas(hosts, { image, source }), await packImage(image));
  } else if (engine === 'tinkerbell') {
    files.push(...exportTinkerbell(hosts, { image, source, metadata, namespace }));
  } else {
    const { files: own, warnings: more } = exportIronic(hosts, { image, source });
    files.push(...own);
    warnings.push(...more);
  }
  return { image, hosts, files, warnings };
}

/** A preseed would carry the host file as well, but MAAS keeps what curtin logs, and curtin logs its whole preseed. */
function sourceMissing(): KronosError {
  return new KronosError('input/export-source', 'nothing says where machines fetch user-data', {
    hint: 'serve the directory nocloud of the export over https and give its address with --seeds',
  });
}

function warnOfSeeds(base: string, hosts: readonly ExportHost[]): KronosError[] {
  if (!base.startsWith('http:') || !hosts.some(({ secret }) => secret)) return [];
  return [
    new KronosError('input/seeds-in-clear', `${shownUrl(base)} is no https address`, {
      hint: 'the host files have secrets: serve them over https, with --seeds-sha256 for a certificate of your own',
    }),
  ];
}
