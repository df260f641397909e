// What the kernel of the live system is told when another engine starts it.
import type { ExportHost } from './host.ts';
import type { ExportImage } from './image.ts';

/** Where a machine fetches its user-data. */
export interface UserDataSource {
  url: string;
  /** SHA-256 of the certificate of the server. */
  fingerprint?: string | undefined;
}

/** Words for a kernel line: unattended, layers and host file over the network, by the card that has the host's address. */
export function bootArguments(
  image: ExportImage,
  host: ExportHost,
  source: UserDataSource | undefined,
): string {
  return [
    ...image.kernelArguments,
    `kronos.image=${image.layers}`,
    'ip=dhcp',
    `BOOTIF=01-${host.mac.replaceAll(':', '-')}`,
    ...(source === undefined ? [] : [`kronos.host=${source.url}`]),
    ...(source?.fingerprint === undefined ? [] : [`kronos.host.sha256=${source.fingerprint}`]),
  ].join(' ');
}
