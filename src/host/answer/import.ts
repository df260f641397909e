// Answer files of XenServer and XCP-ng become host files of Kronos; nothing in them is dropped without a word.
import { loadYaml } from '../../common/yaml.ts';
import { validate } from '../../common/validate.ts';
import { hostFileSchema } from '../schema/host-file.ts';
import type { Dialect, ImportWork } from './definition.ts';
import { elementsNamed } from './definition.ts';
import { findDialect } from './dialect.ts';
import { emptyDraft } from './draft.ts';
import { readRepositoryType } from './elements/repository.ts';
import { renderHostFile } from './host-file-text.ts';
import { readElements } from './read.ts';
import { Report, type Note } from './report.ts';
import { ANSWER_TABLE } from './table.ts';
import { loadXml } from './xml.ts';

export interface ImportOptions {
  /** The installer that the file was written for; otherwise looked for in the file. */
  dialect?: Dialect | undefined;
  /** What no installer knows, and what stands where none looks for it, becomes a note instead of a mistake. */
  lenient?: boolean | undefined;
  /** Makes a hash for /etc/shadow; undefined where this machine cannot. */
  hashPassword: (password: string) => Promise<string | undefined>;
}

export interface ImportedAnswerFile {
  /** YAML with comments; valid by the schema of host files. */
  hostFile: string;
  /** One or more for every element and attribute, in the order of the file. */
  notes: Note[];
  /** Undefined where nothing told. */
  dialect: Dialect | undefined;
}

/**
 * Imports an answer file. `file` is its name in notes and errors.
 *
 * Errors, all of them at once and each with its place: those of `loadXml`, and `input/answer-root`,
 * `input/answer-mode` (upgrade and restore), `input/unknown-element`, `input/unknown-attribute`,
 * `input/misplaced-element`, `input/misplaced-text`, `input/repeated-element`, `input/repeated-attribute`,
 * `input/missing-element`, `input/missing-attribute`, `input/wrong-value`.
 */
export async function importAnswerFile(
  bytes: Uint8Array,
  file: string,
  options: ImportOptions,
): Promise<ImportedAnswerFile> {
  const document = loadXml(bytes, file);
  const report = new Report();
  const elements = readElements(document, {
    table: ANSWER_TABLE,
    report,
    lenient: options.lenient === true,
  });
  const root = elements?.[0];
  if (elements === undefined || root === undefined) {
    report.throwMistakes(file);
    throw new TypeError('an answer file without a root must be a mistake');
  }
  const dialect = findDialect(elements, options.dialect, report);
  const work: ImportWork = { root, elements, draft: emptyDraft(), report, dialect };
  for (const definition of ANSWER_TABLE) {
    for (const element of elementsNamed(work, definition.name)) definition.read(element, work);
  }
  readRepositoryType(work);
  fillGaps(work);
  report.throwMistakes(file);
  checkNothingIsDropped(work);
  await hashPassword(work, options);
  const notes = report.list();
  const hostFile = renderHostFile(work.draft, { file, dialect, notes });
  checkHostFile(hostFile);
  return { hostFile, notes, dialect };
}

/** What a host file must have and an answer file may or must leave out. */
function fillGaps(work: ImportWork): void {
  const { root, report, draft } = work;
  if (root.definition.name !== 'installation') return;
  for (const name of ['primary-disk', 'admin-interface']) {
    if (elementsNamed(work, name).length > 0) continue;
    report.mistake('input/missing-element', `${root.subject} has no <${name}>`, {
      at: root,
      hint: 'the installers do not go on without it either',
    });
  }
  if (draft.hostname === undefined && elementsNamed(work, 'hostname').length === 0) {
    draft.hostname = 'host-${serial}';
    report.remark(
      'changed',
      root,
      'there is no <hostname>: DHCP was to name the host; here it is named by the serial number of the machine',
      'write a name under hostname',
    );
  }
  if (draft.passwordHash === undefined && elementsNamed(work, 'root-password').length === 0) {
    draft.passwordHash = '!!';
    report.remark(
      'kept',
      root,
      'there is no <root-password>: it is set at the first login on the console',
    );
  }
}

/** The promise of this importer, held by itself: a part that nothing was said about is a defect. */
function checkNothingIsDropped({ elements, report }: ImportWork): void {
  for (const element of elements) {
    for (const part of [element, ...element.attributes.values()]) {
      if (!report.isCovered(part)) throw new TypeError(`nothing was noted about ${part.subject}`);
    }
  }
}

/** What is wrong with a host file that was made here is a defect here, not a mistake in the answer file. */
function checkHostFile(text: string): void {
  try {
    validate(hostFileSchema, loadYaml(text, 'host file'), 'the imported host file');
  } catch (cause) {
    throw new Error(`the imported host file is not valid: ${String(cause)}`, { cause });
  }
}

async function hashPassword(work: ImportWork, options: ImportOptions): Promise<void> {
  const { draft, report } = work;
  const element = elementsNamed(work, 'root-password')[0];
  if (draft.password === undefined || element === undefined) return;
  const hash = await options.hashPassword(draft.password);
  delete draft.password;
  draft.passwordHash = hash ?? '!!';
  if (hash === undefined)
    report.lost(
      element,
      'the password could not be hashed, because openssl is missing; it is set at the first login on the console',
      'install openssl and import again, or write a hash under root.passwordHash',
    );
  else
    report.changed(
      element,
      'the plain password is a hash in the host file',
      'treat the answer file as a secret, and remove it where it is not needed any more',
    );
}
