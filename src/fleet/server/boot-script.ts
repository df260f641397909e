// The scripts by which GRUB and iPXE learn what a machine does. Decided before; only written here.
import { FLEET_ARGUMENTS } from '../../host/fleet/messages.ts';
import type { Render } from '../templates.ts';

/** Where machines find things. */
export interface BootPlace {
  /** Of plain HTTP: `192.0.2.1:8080`. */
  server: string;
  /** Of the tree on it: `/trees/DIGEST`. */
  path: string;
  /** Of the fleet server: `https://192.0.2.1:8443`. */
  url: string;
  fingerprint: string;
  /** Address of our TFTP server. */
  tftp?: string | undefined;
}

/** The loader that reads the script, by the ending of its name. */
export type Loader = 'cfg' | 'ipxe';

/** Seconds in which somebody at the console can choose something else. */
const SECONDS = 1;

/**
 * The script for one machine: its own disk, or the live system with the token for it; iPXE leaves that to GRUB. What stands
 * in scripts is made by us and looks harmless; anything else is a defect.
 */
export function renderBootScript(
  render: Render,
  loader: Loader,
  place: BootPlace,
  token: string | undefined,
): string {
  const fleet =
    token === undefined
      ? []
      : [
          `${FLEET_ARGUMENTS.url}=${place.url}`,
          `${FLEET_ARGUMENTS.fingerprint}=${place.fingerprint}`,
          `${FLEET_ARGUMENTS.token}=${token}`,
        ];
  // iPXE has 512 bytes for all arguments of Xen and Linux, and says nothing when they are cut off: GRUB goes on, and asks
  // again. Who starts Linux alone from the menu of iPXE has them.
  const live = loader === 'cfg' ? 'unattended' : 'grub';
  const variables = {
    server: place.server,
    path: place.path,
    arguments: fleet.join(' '),
    entry: token === undefined ? 'disk' : live,
    seconds: SECONDS,
  };
  for (const value of [place.server, place.path, ...fleet]) {
    if (!/^[\w.:=/[\]-]+$/.test(value)) throw new TypeError('a boot script got a strange value');
  }
  return render(`machine.${loader}`, variables);
}

/** The script beside the boot files, that leads to the one for the machine. */
export function renderSiteScript(
  render: Render,
  loader: Loader,
  { server, path, tftp }: Pick<BootPlace, 'server' | 'path' | 'tftp'>,
): string {
  // Where it is another one, iPXE was told by whoever told it of this script.
  return render(`site.${loader}`, { server, path, tftp: tftp ?? '${next-server}' });
}
