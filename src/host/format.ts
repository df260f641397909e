// A host file as text again.
import { dump } from 'js-yaml';
import type { YamlDocument } from '../common/yaml.ts';
import { isMapping } from './document.ts';
import type { HostFile } from './schema/host-file.ts';

/**
 * The text of a host file in which every variable has been put in; reading it gives the same host file. `comment` comes
 * above it, a line of text or more.
 */
export function formatHostFile(hostFile: HostFile, comment = ''): string {
  return toText(mapTexts(hostFile), comment);
}

/** The text of a document together with what it includes: one file that stands alone. Comments are not kept. */
export function formatWholeDocument(document: YamlDocument, comment = ''): string {
  const value = isMapping(document.value)
    ? Object.fromEntries(Object.entries(document.value).filter(([key]) => key !== 'include'))
    : document.value;
  return toText(value, comment);
}

function toText(value: unknown, comment: string): string {
  const lines = comment === '' ? [] : comment.split('\n').map((line) => `# ${line}\n`);
  return `${lines.join('')}${dump(value, { lineWidth: -1, noRefs: true })}`;
}

/** Texts as they are typed: what looks like a variable is meant as it stands. */
function mapTexts(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', '$$${');
  if (Array.isArray(value)) return value.map(mapTexts);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, mapTexts(inner)]),
  );
}
