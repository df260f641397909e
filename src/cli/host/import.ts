// kronos host import
import { Option, type Command } from 'commander';
import type { Dialect } from '../../host/answer/definition.ts';
import type { Note, NoteKind } from '../../host/answer/report.ts';
import { addCommonOptions, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner, Session } from '../session.ts';

interface ImportCommandOptions extends CommonOptions {
  output?: string;
  dialect?: Dialect;
  lenient?: boolean;
}

/** Defines `kronos host import`. */
export function createImportCommand(run: Runner): Command {
  const command = createSubCommand(
    'import',
    'Makes a host file of an answer file of XenServer or XCP-ng. Says of every element and attribute whether it is kept, changed, or cannot be kept and what to do instead; docs/answer-files.md lists them all.',
    [
      'kronos host import answers.xml --output xen01.yaml',
      'kronos host import answers.xml --dialect xenserver --lenient',
    ],
  )
    .argument('<answerfile>', 'the answer file (XML)')
    .option('--output <FILE>', 'write the host file there (default: print it)')
    .addOption(
      new Option(
        '--dialect <NAME>',
        'the installer it was written for (default: looked for in the file)',
      ).choices(['xenserver', 'xcp-ng']),
    )
    .option('--lenient', 'only note what no installer knows; otherwise it is an error');
  return addCommonOptions(command).action((file: string, options: ImportCommandOptions) =>
    run(options, (session) => importFile(file, options, session)),
  );
}

async function importFile(
  file: string,
  options: ImportCommandOptions,
  session: Session,
): Promise<Outcome> {
  const { importAnswerFile } = await import('../../host/answer/import.ts');
  const { formatNote } = await import('../../host/answer/report.ts');
  const { output, dialect, lenient } = options;
  const bytes = await readAnswerFile(file);
  const { hostFile, notes, ...found } = await importAnswerFile(bytes, file, {
    dialect,
    lenient,
    hashPassword,
  });
  if (!session.json) {
    const lines = [...notes.map(formatNote), summarize(notes)];
    process.stderr.write(`${lines.join('\n')}\n`);
  }
  if (output !== undefined) await writeHostFile(output, hostFile);
  return {
    json: { dialect: found.dialect ?? null, notes, hostFile, output: output ?? null },
    text: output === undefined ? hostFile.trimEnd() : `${output}: written`,
  };
}

/** A password is hashed where openssl is at hand; without it the person is told to do so. */
async function hashPassword(password: string): Promise<string | undefined> {
  const hasher = await import('../../host/password.ts');
  const { KronosError } = await import('../../common/error.ts');
  try {
    return await hasher.hashPassword(password);
  } catch (error) {
    if (error instanceof KronosError && error.code === 'dependency/tool-missing') return undefined;
    throw error;
  }
}

async function readAnswerFile(file: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  const { KronosError, systemCode } = await import('../../common/error.ts');
  try {
    return await readFile(file);
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause;
    throw new KronosError('input/no-such-file', `${file} does not exist`);
  }
}

/** Only the owner may read it: a hash of the password of root is in it. */
async function writeHostFile(output: string, text: string): Promise<void> {
  const { exists, writeFileAtomic } = await import('../../common/files.ts');
  const { KronosError } = await import('../../common/error.ts');
  if (await exists(output)) {
    throw new KronosError('input/file-exists', `${output} is there already`, {
      hint: 'remove it, or name another file with --output',
    });
  }
  await writeFileAtomic(output, text, 0o600);
}

function summarize(notes: readonly Note[]): string {
  const kinds: readonly NoteKind[] = ['kept', 'changed', 'cannot be kept'];
  return kinds
    .map((kind) => `${notes.filter((note) => note.kind === kind).length} ${kind}`)
    .join(', ');
}
