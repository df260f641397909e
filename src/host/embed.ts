// A host file that is to stand alone on a medium: one text, and what will be missing beside it.
import { basename, isAbsolute } from 'node:path';
import { KronosError } from '../common/error.ts';
import type { Path } from '../common/yaml.ts';
import { isMapping } from './document.ts';
import { formatWholeDocument } from './format.ts';
import { includeBeside, parseHostFile, readText } from './read.ts';
import type { HostFileSource } from './read.ts';
import { listSecrets } from './secret-places.ts';

export interface LoneHostFile {
  /** The file as it is, or with what it includes put in. */
  text: string;
  /** Whether included files were put in; comments are gone then. */
  whole: boolean;
  source: HostFileSource;
  /** Warnings of the file, and one for each file beside it that it needs. */
  warnings: readonly KronosError[];
}

/** Reads and checks a host file for a medium. Errors: those of readHostFile. */
export async function readLoneHostFile(path: string): Promise<LoneHostFile> {
  const typed = await readText(path);
  const source = await parseHostFile(typed, path, { readInclude: includeBeside(path) });
  const { document } = source;
  const whole = isMapping(document.value) && 'include' in document.value;
  const comment = `Put together by kronos host embed from ${basename(path)} and what it includes.`;
  const kept = whole ? formatWholeDocument(document, comment) : typed;
  // As it comes out of the area again, so that both have the same digest.
  const text = `${kept.replace(/\n+$/, '')}\n`;
  const warnings = [...source.warnings, ...missingFiles(source)];
  return { text, whole, source, warnings };
}

/** Files that are named relative to a host file that will have no directory any more. */
function missingFiles({ hostFile, document }: HostFileSource): KronosError[] {
  const named: { path: Path; file: string }[] = [];
  for (const { path, secret } of listSecrets(hostFile)) {
    if (typeof secret !== 'string' && 'file' in secret)
      named.push({ path: [...path, 'file'], file: secret.file });
  }
  hostFile.hooks.forEach(({ file }, index) => {
    if (file !== undefined) named.push({ path: ['hooks', index, 'file'], file });
  });
  return named
    .filter(({ file }) => !isAbsolute(file))
    .map(
      ({ path, file }) =>
        new KronosError('input/file-stays-behind', `the medium will not hold ${file}`, {
          location: document.locate(path),
          hint: 'only the host file itself is embedded; use an absolute path, a URL or a prompt',
        }),
    );
}
