// Texts of a source that change on the way into a package, as the recipe declares them.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Location } from '../../common/error.ts';
import { formatLocation } from '../../common/error.ts';
import type { Path } from '../../common/yaml.ts';
import type { SplitDocument } from '../recipe/split-schema.ts';
import { failure, throwFindings } from './finding.ts';
import { matcher } from './layout.ts';
import type { PlannedPackage } from './split.ts';

/** An edit that was made. */
export interface MadeEdit {
  path: string;
  replace: string;
  by: string;
  /** How often. */
  times: number;
}

/** Replaces a text everywhere; bytes that are no UTF-8 stay as they are. */
export function editContent(
  content: Buffer,
  replace: string,
  by: string,
): { content: Buffer; times: number } {
  const [text, from, to] = [content, Buffer.from(replace), Buffer.from(by)].map((one) =>
    one.toString('latin1'),
  ) as [string, string, string];
  const parts = text.split(from);
  return { content: Buffer.from(parts.join(to), 'latin1'), times: parts.length - 1 };
}

/**
 * Makes the edits of a split: files that change are written anew below `scratch`, and the packages that are returned
 * take them from there. Errors: `input/edit-without-effect`, naming every edit that changes nothing.
 */
export async function applyEdits(
  packages: readonly PlannedPackage[],
  split: SplitDocument,
  options: { scratch: string; locate: (path: Path) => Location },
): Promise<{ packages: PlannedPackage[]; edits: MadeEdit[] }> {
  const edits = split.edits.map((edit) => ({ ...edit, matches: matcher([edit.path]), times: 0 }));
  const made: MadeEdit[] = [];
  const result: PlannedPackage[] = [];
  for (const one of packages) {
    const files = [];
    for (const planned of one.files) {
      const own = edits.filter(({ matches }) => planned.type === 'file' && matches(planned.path));
      if (planned.file === undefined || own.length === 0) {
        files.push(planned);
        continue;
      }
      let content: Buffer = await readFile(planned.file);
      const before = made.length;
      for (const edit of own) {
        const edited = editContent(content, edit.replace, edit.by);
        if (edited.times === 0) continue;
        content = edited.content;
        edit.times += edited.times;
        made.push({
          path: planned.path,
          replace: edit.replace,
          by: edit.by,
          times: edited.times,
        });
      }
      if (made.length === before) {
        files.push(planned);
        continue;
      }
      await mkdir(options.scratch, { recursive: true });
      const file = join(options.scratch, String(made.length));
      await writeFile(file, content);
      files.push({ ...planned, file });
    }
    result.push({ ...one, files });
  }
  const idle = edits.flatMap(({ path, replace, optional, times }, index) => {
    const at = formatLocation(options.locate(['split', 'edits', index]));
    return times > 0 || optional ? [] : [`${JSON.stringify(replace)} in ${path} (${at})`];
  });
  if (idle.length > 0) {
    throwFindings([
      failure('input/edit-without-effect', 'these edits change nothing', {
        lines: idle,
        hint: 'the text may have changed in this version; mend the edit, or write optional: true',
      }),
    ]);
  }
  return { packages: result, edits: made };
}
