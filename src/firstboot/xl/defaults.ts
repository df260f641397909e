// Guests that say nothing else are on the management bridge of Open vSwitch: defaults in xl.conf(5).
import { join } from 'node:path';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import type { BootStep } from '../context.ts';
import { MANAGEMENT_BRIDGE } from '../network/switch.ts';

const FILE = '/etc/xen/xl.conf';

const DEFAULTS = new Map([
  ['vif.default.script', 'vif-openvswitch'],
  ['vif.default.bridge', MANAGEMENT_BRIDGE],
]);

function lineOf(key: string, value: string): string {
  return `${key}="${value}"`;
}

/** The file with the defaults in it. What somebody has set stays; a line that is commented out is where its value goes. */
export function setDefaults(
  text: string,
  defaults: ReadonlyMap<string, string> = DEFAULTS,
): string {
  const lines = text.split('\n');
  for (const [key, value] of defaults) {
    const start = `${key.replaceAll('.', String.raw`\.`)}\\s*=`;
    if (lines.some((line) => new RegExp(`^\\s*${start}`).test(line))) continue;
    const line = lineOf(key, value);
    const comment = lines.findIndex((one) => new RegExp(`^\\s*#\\s*${start}`).test(one));
    if (comment !== -1) lines.splice(comment + 1, 0, line);
    else if (lines.at(-1) === '') lines.splice(-1, 0, line);
    else lines.push(line, '');
  }
  return lines.join('\n');
}

/** Takes lines out that are exactly ours. Errors: those of node:fs. */
export async function removeDefaults(root: string): Promise<void> {
  const path = join(root, FILE);
  const text = await readTextOrUndefined(path);
  if (text === undefined) return;
  const own = new Set([...DEFAULTS].map(([key, value]) => lineOf(key, value)));
  const left = text.split('\n').filter((line) => !own.has(line));
  if (left.length < text.split('\n').length) await writeFileAtomic(path, left.join('\n'));
}

export const xlDefaultsStep: BootStep = {
  name: 'xl-defaults',
  title: 'Putting guests on the bridge by default',
  weight: 1,
  probe: async () => {
    const text = (await readTextOrUndefined(FILE)) ?? '';
    return setDefaults(text) === text;
  },
  apply: async () => {
    await writeFileAtomic(FILE, setDefaults((await readTextOrUndefined(FILE)) ?? ''));
  },
};
