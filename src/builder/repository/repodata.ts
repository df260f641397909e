// The XML of a yum repository, as far as it says which files there are.
import { SaxesParser } from 'saxes';
import { z } from 'zod';
import { rpmTitle } from './rpm.ts';

const SHA256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One file of the metadata; `href` is below the suite. */
const DATA = z.object({ type: z.string(), href: z.string().min(1), sha256: SHA256 });

const REPOMD = z.object({ revision: z.coerce.number().int().nonnegative(), data: z.array(DATA) });

const PACKAGE = z.object({
  name: z.string().min(1),
  epoch: z.coerce.number().int(),
  version: z.string().min(1),
  release: z.string().min(1),
  architecture: z.string().min(1),
  sha256: SHA256,
  href: z.string().min(1),
  date: z.coerce.number().int().nonnegative(),
});

/** One package that the metadata lists; `href` is below the suite. */
export interface ListedRpm {
  title: string;
  sha256: string;
  href: string;
  /** When it was built, in seconds since 1970. */
  date: number;
}

type Handler = (path: string, attributes: Readonly<Record<string, string>>, text: string) => void;

/** Calls `handle` at the end of every element, with the names that lead to it. Throws for what is not XML. */
function readXml(xml: string, handle: Handler): void {
  const parser = new SaxesParser({ xmlns: false } as const);
  const open: { name: string; attributes: Record<string, string>; text: string }[] = [];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    throw new Error('a DOCTYPE has no place here');
  });
  parser.on('opentag', ({ name, attributes }) => {
    open.push({ name, attributes, text: '' });
  });
  parser.on('text', (text) => {
    const top = open.at(-1);
    if (top !== undefined) top.text += text;
  });
  parser.on('closetag', () => {
    const path = open.map(({ name }) => name).join('/');
    const top = open.pop();
    if (top !== undefined) handle(path, top.attributes, top.text.trim());
  });
  parser.write(xml).close();
}

/** Reads repomd.xml. Throws for anything else. */
export function parseRepomd(xml: string): z.infer<typeof REPOMD> {
  let revision = '';
  const data: unknown[] = [];
  let current: Record<string, string> = {};
  readXml(xml, (path, attributes, text) => {
    if (path === 'repomd/revision') revision = text;
    else if (path === 'repomd/data/checksum' && attributes['type'] === 'sha256')
      current['sha256'] = text;
    else if (path === 'repomd/data/location') current['href'] = attributes['href'] ?? '';
    else if (path === 'repomd/data') {
      data.push({ ...current, type: attributes['type'] });
      current = {};
    }
  });
  return REPOMD.parse({ revision, data });
}

/** Reads primary.xml. Throws for anything else. */
export function parsePrimary(xml: string): ListedRpm[] {
  const found: ListedRpm[] = [];
  let current: Record<string, string | undefined> = {};
  readXml(xml, (path, attributes, text) => {
    if (path === 'metadata/package') {
      const one = PACKAGE.parse(current);
      const { sha256, href, date } = one;
      found.push({ title: rpmTitle(one), sha256, href, date });
      current = {};
    } else if (path === 'metadata/package/name') current['name'] = text;
    else if (path === 'metadata/package/arch') current['architecture'] = text;
    else if (path === 'metadata/package/version') {
      current['epoch'] = attributes['epoch'];
      current['version'] = attributes['ver'];
      current['release'] = attributes['rel'];
    } else if (path === 'metadata/package/checksum' && attributes['type'] === 'sha256')
      current['sha256'] = text;
    else if (path === 'metadata/package/time') current['date'] = attributes['build'];
    else if (path === 'metadata/package/location') current['href'] = attributes['href'];
  });
  return found;
}
