// Seeds of cloud-init's NoCloud data source: a directory per host, as a web server gives it out or a volume holds it.
import { digestOf } from '../../common/digest.ts';
import type { ExportHost } from './host.ts';
import { formatJson } from './output.ts';
import type { OutputFile } from './output.ts';

/** The directory of all seeds in the export. */
const DIRECTORY = 'nocloud';

/** Where a machine fetches its user-data, if the directory of all seeds is served at an address. */
export function userDataUrl(base: string, host: ExportHost): string {
  return `${base}/${host.name}/user-data`;
}

/** A UUID, another one whenever what the host is to be differs: cloud-init then carries it out again. */
function instanceId(host: ExportHost): string {
  const hex = digestOf(`${host.name}\n${host.userData}`);
  const [a, b, c, d, e] = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(13, 16),
    hex.slice(17, 20),
    hex.slice(20, 32),
  ];
  // Version 8 of RFC 9562: made from whatever its maker likes.
  return `${a}-${b}-8${c}-8${d}-${e}`;
}

/** Files of the seed. Both are needed; without meta-data cloud-init takes neither. */
export function formatSeed(host: ExportHost): OutputFile[] {
  const metaData = { 'instance-id': instanceId(host), 'local-hostname': host.name };
  return [
    { path: `${DIRECTORY}/${host.name}/meta-data`, content: formatJson(metaData) },
    { path: `${DIRECTORY}/${host.name}/user-data`, content: host.userData, kind: 'secret' },
  ];
}

/** The same for OpenStack's config drive. */
export function formatConfigDrive(host: ExportHost, directory: string): OutputFile[] {
  const metaData = { uuid: instanceId(host), hostname: host.name, name: host.name };
  const latest = `${directory}/openstack/latest`;
  return [
    { path: `${latest}/meta_data.json`, content: formatJson(metaData) },
    { path: `${latest}/user_data`, content: host.userData, kind: 'secret' },
  ];
}
