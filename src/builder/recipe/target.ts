// Where a recipe may write in the appliance.

/** In Debian these are links into /usr; a directory in a layer above would hide the link and all behind it. */
const MERGED = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/** Mounted over at boot, so that a file there would never be seen. */
const VOLATILE = ['/proc', '/sys', '/dev', '/run', '/tmp', '/var/run', '/var/lock'];

/**
 * Why a path cannot be written to, with what to do, or undefined where it can.
 * `path` is known to begin with `/`.
 */
export function refuseTarget(path: string): { message: string; hint: string } | undefined {
  const parts = path.slice(1).split('/');
  if (parts.includes('..') || parts.includes('.')) {
    return { message: 'goes through "." or ".."', hint: 'write the path straight from the root' };
  }
  if (parts.includes('')) {
    return {
      message: 'has an empty part',
      hint: 'write one slash between names and none at the end',
    };
  }
  const [first = ''] = parts;
  if (MERGED.includes(first)) {
    return { message: `goes through the link /${first}`, hint: `write /usr${path}` };
  }
  const over = VOLATILE.find((directory) => path === directory || path.startsWith(`${directory}/`));
  if (over === undefined) return undefined;
  return {
    message: `is below ${over}, which is empty at every boot`,
    hint: 'make it at boot with a file in /usr/lib/tmpfiles.d',
  };
}
