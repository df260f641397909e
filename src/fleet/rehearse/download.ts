// What a machine fetches before it runs: a part of it from the server for real, all of it by the link.
import type { Machine } from './machine.ts';

/** Files of a boot tree that a start fetches, besides the layers. */
const BOOT_FILES = ['xen.gz', 'vmlinuz', 'initrd.img'];

/** Layers of a live system, and which part of all of them each is. */
const LAYERS = ['layers/packages.squashfs', 'layers/host.squashfs'];

/** Fetches kernel, initrd and layers; false where the server has not got them. Errors: `interrupted/cancelled`. */
export async function fetchSystem(machine: Machine, base: string): Promise<boolean> {
  const { world, story } = machine;
  const { settings, client, link, clock } = world;
  const files = [...BOOT_FILES, ...LAYERS];
  const bytes = Math.floor(settings.realBytes / files.length);
  if (bytes > 0) {
    for (const file of files) {
      try {
        const { status } = await client.ask({ url: new URL(file, base).href, bytes });
        // A user's own tree may have other files; what is missing is no file of a live system.
        if (status !== 200 && status !== 206 && status !== 404) {
          story.strange.push(`${file}: ${status}`);
          return false;
        }
      } catch {
        await clock.sleep(0);
        return false;
      }
    }
  }
  const { seconds, alone } = await link.transfer(settings.bootSize + settings.imageSize);
  story.seconds.download += seconds;
  story.linkWait += Math.max(0, seconds - alone);
  return true;
}
