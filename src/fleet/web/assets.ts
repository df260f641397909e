// Styles, scripts and icon of the page: read once, and named by their digest so that browsers may keep them for ever.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** In the order in which they hold: later ones win. */
const STYLES = ['base.css', 'overview.css', 'hosts.css', 'single.css', 'narrow.css'];

export interface Asset {
  content: Buffer;
  type: string;
}

interface AssetPaths {
  styles: readonly string[];
  script: string;
  /** What the script imports: without being told a browser would find one after the other. */
  modules: readonly string[];
  icon: string;
}

export interface Assets {
  /** Paths for the page. */
  paths: AssetPaths;
  find: (path: string) => Asset | undefined;
}

/** Reads them from the directory `web`. */
export function loadAssets(directory: string): Assets {
  const files = readdirSync(directory)
    .filter((file) => extname(file) in TYPES)
    .toSorted();
  const contents = files.map((file) => readFileSync(join(directory, file)));
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content);
  // One for all, because scripts import each other by their names.
  const digest = hash.digest('hex').slice(0, 16);
  const pathOf = (file: string) => `/assets/${digest}/${file}`;
  const assets = new Map<string, Asset>();
  for (const [index, content] of contents.entries()) {
    const file = files[index] ?? '';
    assets.set(pathOf(file), { content, type: TYPES[extname(file)] ?? '' });
  }
  const paths = {
    styles: STYLES.map(pathOf),
    script: pathOf('script.js'),
    modules: files.filter((file) => extname(file) === '.js' && file !== 'script.js').map(pathOf),
    icon: pathOf('icon.svg'),
  };
  return { paths, find: (path) => assets.get(path) };
}
