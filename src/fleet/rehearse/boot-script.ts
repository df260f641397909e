// What a loader understands of the server's boot script, as far as the next thing that it starts follows from it.
import { FLEET_ARGUMENTS } from '../../host/fleet/messages.ts';

/** Where a machine goes from its loader. */
export type BootChoice =
  | { boot: 'disk' }
  | { boot: 'live'; url: string; fingerprint: string; token: string; base: string | undefined };

/** Reads a boot script for GRUB or iPXE; undefined where it says neither. */
export function readBootScript(text: string): BootChoice | undefined {
  const argument = (name: string): string | undefined =>
    new RegExp(`(?:^|[\\s"'=])${name.replaceAll('.', '[.]')}=([^\\s"']+)`, 'm').exec(text)?.[1];
  const url = argument(FLEET_ARGUMENTS.url);
  const fingerprint = argument(FLEET_ARGUMENTS.fingerprint);
  const token = argument(FLEET_ARGUMENTS.token);
  if (url !== undefined && fingerprint !== undefined && token !== undefined)
    return { boot: 'live', url, fingerprint, token, base: readBase(text) };
  if (/^set (?:default=|kronos-default )"?disk"?\s*$|^goto disk\s*$/m.test(text))
    return { boot: 'disk' };
  return undefined;
}

/** Address of the boot tree, with a slash at its end. */
function readBase(text: string): string | undefined {
  const ipxe = /^set kronos-base (\S+)/m.exec(text)?.[1];
  if (ipxe !== undefined) return ipxe;
  const server = /^set kronos_server="?([^\s"]+)/m.exec(text)?.[1];
  const path = /^set kronos_path="?([^\s"]*)/m.exec(text)?.[1] ?? '';
  return server === undefined ? undefined : `http://${server}${path}/`;
}
