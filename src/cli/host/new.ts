// kronos host new
import type { Command } from 'commander';
import { open } from 'node:fs/promises';
import { errorToJson, KronosError, systemCode } from '../../common/error.ts';
import { writeFileAtomic } from '../../common/files.ts';
import { storageError } from '../../common/storage-error.ts';
import type { Answers } from '../../host/questions.ts';
import { addCommonOptions, collect, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner } from '../session.ts';
import { formatWarnings } from './warnings.ts';

interface NewOptions extends CommonOptions {
  answers?: string[];
  force?: boolean;
}

/** Defines `kronos host new`. */
export function createNew(run: Runner): Command {
  const command = createSubCommand(
    'new',
    'Asks a few questions and writes a host file with comments, readable by its owner only. A password is hashed at once.',
    [
      'kronos host new xen01.yaml',
      'kronos host new xen01.yaml --answers hostname=xen01 "disk=>= 200 GB"',
    ],
  )
    .argument('[file]', 'the file to write', 'host.yaml')
    .option(
      '--answers <KEY=VALUE...>',
      'answer instead of being asked: hostname, disk, existing, card, network, gateway, dns, timezone, sshKey, passwordHash, passwordFile',
      collect,
    )
    .option('--force', 'overwrite a file that is there');
  return addCommonOptions(command).action((file: string, options: NewOptions) =>
    run(options, () => createHostFile(file, options)),
  );
}

async function createHostFile(file: string, options: NewOptions): Promise<Outcome> {
  const { composeHostFile } = await import('../../host/compose.ts');
  const { parseHostFile } = await import('../../host/read.ts');
  const { exists } = await import('../../common/files.ts');
  if (options.force !== true && (await exists(file))) throw isThere(file);
  const answers =
    options.answers === undefined ? await askPerson() : await readAnswers(options.answers);
  const text = composeHostFile(answers);
  const { warnings } = await parseHostFile(text, file);
  await writeNew(file, text, options.force === true);
  const lines = [...formatWarnings(warnings), `wrote ${file}`];
  return { json: { file, warnings: warnings.map(errorToJson) }, text: lines.join('\n') };
}

/** Answers of a script; files that they name are read. */
async function readAnswers(pairs: readonly string[]): Promise<Answers> {
  const { parseAnswers } = await import('../../host/questions.ts');
  const passwordFile = pairs.find((pair) => pair.startsWith('passwordFile='));
  const rest = await Promise.all(
    pairs
      .filter((pair) => pair !== passwordFile)
      .map(async (pair) =>
        pair.startsWith('sshKey=') ? `sshKey=${await readKey(pair.slice('sshKey='.length))}` : pair,
      ),
  );
  const answers = parseAnswers(rest);
  if (passwordFile === undefined) return answers;
  if (answers['passwordHash'] !== '') {
    throw new KronosError('input/combination', 'passwordHash and passwordFile say the same', {
      hint: 'leave out one of the two',
    });
  }
  const { readSecret } = await import('../../host/secret.ts');
  const { hashPassword } = await import('../../host/password.ts');
  const source = { file: passwordFile.slice('passwordFile='.length) };
  const password = await readSecret(source, { directory: '.' });
  return { ...answers, passwordHash: await hashPassword(password) };
}

/** An SSH key as it is given, or what the file of that name holds. */
async function readKey(answer: string): Promise<string> {
  if (answer === '' || answer.includes(' ')) return answer;
  const { readText } = await import('../../host/read.ts');
  return (await readText(answer)).trim();
}

async function askPerson(): Promise<Answers> {
  if (!process.stdin.isTTY) {
    throw new KronosError('input/no-terminal', 'there is no terminal to ask on', {
      hint: 'give the answers: kronos host new FILE --answers hostname=xen01 ...',
    });
  }
  const { createAsker } = await import('./ask.ts');
  const { askAll } = await import('./interview.ts');
  const asker = createAsker(process.stdin, process.stderr);
  try {
    return await askAll(asker, readKey);
  } finally {
    asker.close();
  }
}

function isThere(file: string): KronosError {
  return new KronosError('input/file-exists', `${file} is there already`, {
    hint: 'choose another name, or overwrite it with --force',
  });
}

async function writeNew(file: string, text: string, force: boolean): Promise<void> {
  try {
    if (force) {
      await writeFileAtomic(file, text, 0o600);
      return;
    }
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw isThere(file);
    throw storageError(`writing ${file}`, error);
  }
}
