// Style, script and icon of the page: read once, and named by their digests so that browsers may keep them for ever.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const TYPES = {
  style: { file: 'style.css', type: 'text/css; charset=utf-8' },
  script: { file: 'script.js', type: 'text/javascript; charset=utf-8' },
  icon: { file: 'icon.svg', type: 'image/svg+xml' },
} as const;

export interface Asset {
  content: Buffer;
  type: string;
}

export interface Assets {
  /** Paths for the page. */
  paths: Readonly<Record<keyof typeof TYPES, string>>;
  find: (path: string) => Asset | undefined;
}

/** Reads them from the directory `web`. */
export function loadAssets(directory: string): Assets {
  const assets = new Map<string, Asset>();
  const load = (name: keyof typeof TYPES): string => {
    const { file, type } = TYPES[name];
    const content = readFileSync(join(directory, file));
    const digest = createHash('sha256').update(content).digest('hex').slice(0, 16);
    const path = `/assets/${digest}/${file}`;
    assets.set(path, { content, type });
    return path;
  };
  const paths = { style: load('style'), script: load('script'), icon: load('icon') };
  return { paths, find: (path) => assets.get(path) };
}
