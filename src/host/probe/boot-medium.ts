// Which disk the running system was started from: no installer may ever write to it.

/** What the boot script of the medium left at /run/kronos/boot. */
export interface BootNote {
  /** Partition or disk with the layers, such as /dev/sdb1; undefined where they came over the network. */
  device: string | undefined;
  /** File system label of the medium. */
  label: string | undefined;
}

/** Reads the lines NAME='value' of /run/kronos/boot (written by iso/initrd/kronos.sh); no file, no note. */
export function parseBootNote(text: string | undefined): BootNote {
  const values = new Map<string, string>();
  for (const [, name = '', value = ''] of (text ?? '').matchAll(/^([A-Z_]+)='([^']*)'$/gm))
    values.set(name, value);
  const get = (name: string): string | undefined => {
    const value = values.get(name);
    return value === '' ? undefined : value;
  };
  // A system from the network can have a label in its initrd, but no disk of that label was used.
  const device = get('KRONOS_DEVICE');
  return { device, label: device === undefined ? undefined : get('KRONOS_LABEL') };
}

/** Where the parts of a running system are mounted, installed or live. */
const OWN =
  /^\/(?:$|boot(?:\/|$)|usr(?:\/|$)|efi$|cdrom$|run\/(?:kronos|live|initramfs|archiso)\/)/;

/** True where a file system that is mounted here belongs to the running system itself. */
export function isOwnMount(path: string): boolean {
  return OWN.test(path);
}
