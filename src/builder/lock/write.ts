// The text of a lock: sorted, one package a line, so that a diff reads like a list of changes.
import { writeFileAtomic } from '../../common/files.ts';
import type { Lock, LockedOrigin, LockedPackage } from './lock.ts';

/** Plain scalars that YAML reads back as the text they are, also inside braces. */
const PLAIN = /^[A-Za-z][A-Za-z0-9._/+~-]*$/;
/** Words that YAML 1.1 or 1.2 readers take for something else than text. */
const RESERVED = /^(?:true|false|yes|no|on|off|null|y|n)$/i;

function formatText(text: string): string {
  return PLAIN.test(text) && !RESERVED.test(text) ? text : JSON.stringify(text);
}

function formatFlow(pairs: readonly (readonly [string, string])[]): string {
  return `{ ${pairs.map(([key, value]) => `${key}: ${value}`).join(', ')} }`;
}

function formatPackage(locked: LockedPackage): string {
  return formatFlow([
    ['name', formatText(locked.name)],
    // Always quoted: `5.2` without quotes is a number.
    ['version', JSON.stringify(locked.version)],
    ['architecture', formatText(locked.architecture)],
    ['layer', locked.layer],
    ['recipe', formatText(locked.recipe)],
    ['asked', String(locked.asked)],
    ['origin', formatText(locked.origin)],
    ['size', String(locked.size)],
    ['sha256', JSON.stringify(locked.sha256)],
    ['path', formatText(locked.path)],
  ]);
}

function formatOrigin(origin: LockedOrigin): string {
  switch (origin.type) {
    case 'distribution':
      return formatFlow([
        ['type', origin.type],
        ['archive', origin.archive],
      ]);
    case 'apt':
      return formatFlow([
        ['type', origin.type],
        ['url', JSON.stringify(origin.url)],
        ['suite', formatText(origin.suite)],
        ['components', `[${origin.components.map(formatText).join(', ')}]`],
        ['key', JSON.stringify(origin.key)],
      ]);
    case 'directory':
      return formatFlow([['type', origin.type]]);
    case 'deb-src':
      return formatFlow([
        ['type', origin.type],
        ['source', formatText(origin.source)],
        ['version', JSON.stringify(origin.version)],
        ['suite', formatText(origin.suite)],
        ['dsc', JSON.stringify(origin.dsc)],
      ]);
  }
}

/** Order of packages in a lock: layer, name, architecture. */
export function comparePackages(a: LockedPackage, b: LockedPackage): number {
  for (const key of ['layer', 'name', 'architecture'] as const) {
    if (a[key] !== b[key]) return a[key] < b[key] ? -1 : 1;
  }
  return 0;
}

/** The YAML text of a lock; the same lock gives the same text whatever the order of its parts. */
export function formatLock(lock: Lock): string {
  const origins = Object.entries(lock.origins).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '# Written by `kronos lock`: what every build of this edition is made of. Keep it under version control.',
    `version: ${lock.version}`,
    `edition: ${formatText(lock.edition)}`,
    `suite: ${formatText(lock.suite)}`,
    `architecture: ${formatText(lock.architecture)}`,
    `epoch: ${lock.epoch}`,
    `requests: ${JSON.stringify(lock.requests)}`,
    ...(origins.length === 0 ? ['origins: {}'] : ['origins:']),
    ...origins.map(([name, origin]) => `  ${formatText(name)}: ${formatOrigin(origin)}`),
    ...(lock.packages.length === 0 ? ['packages: []'] : ['packages:']),
    ...[...lock.packages].sort(comparePackages).map((locked) => `  - ${formatPackage(locked)}`),
    '',
  ].join('\n');
}

/** Writes a lock whole or not at all. */
export async function writeLock(path: string, lock: Lock): Promise<void> {
  await writeFileAtomic(path, formatLock(lock));
}
