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
}

/** The loader that reads the script, by the ending of its name. */
export type Loader = 'cfg' | 'ipxe';

/** Seconds in which somebody at the console can choose something else. */
const SECONDS = 1;

/**
 * The script for one machine: its own disk, or the live system with the token for it. What stands in scripts is made by
 * us and looks harmless; anything else is a defect.
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
  const variables = {
    server: place.server,
    path: place.path,
    arguments: fleet.join(' '),
    entry: token === undefined ? 'disk' : 'unattended',
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
  place: Pick<BootPlace, 'server' | 'path'>,
): string {
  return render(`site.${loader}`, { server: place.server, path: place.path });
}
