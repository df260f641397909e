// The questions of `kronos host new`, asked until every answer is one.
import { KronosError } from '../../common/error.ts';
import { hashPassword } from '../../host/password.ts';
import { QUESTIONS } from '../../host/questions.ts';
import type { Answers, Question } from '../../host/questions.ts';
import type { Asker } from './ask.ts';

/** Asks everything. `readKey` gives the SSH key that an answer is or names. Errors: those of the asker and of openssl. */
export async function askAll(
  asker: Asker,
  readKey: (answer: string) => Promise<string>,
): Promise<Answers> {
  const answers: Record<string, string> = {};
  for (const question of QUESTIONS) {
    if (question.when?.(answers) === false) continue;
    answers[question.key] = await askOne(asker, question, readKey);
  }
  answers['passwordHash'] = await askPassword(asker, answers['sshKey'] !== '');
  return answers;
}

async function askOne(
  asker: Asker,
  question: Question,
  readKey: (answer: string) => Promise<string>,
): Promise<string> {
  const offered = (question.default ?? '') === '' ? '' : ` [${question.default ?? ''}]`;
  for (;;) {
    const typed = await asker.ask(`${question.words}${offered}: `);
    if (typed === '' && question.default !== undefined) return question.default;
    try {
      const answer = question.key === 'sshKey' ? await readKey(typed) : typed;
      const problem = question.check(answer);
      if (problem === undefined) return answer;
      asker.say(`  ${problem}`);
    } catch (error) {
      if (!(error instanceof KronosError)) throw error;
      asker.say(`  ${error.message}`);
    }
  }
}

/** The hash of a password that was typed twice; empty where none is wanted. */
async function askPassword(asker: Asker, hasKey: boolean): Promise<string> {
  const words = hasKey ? 'Password of root; empty: none: ' : 'Password of root: ';
  for (;;) {
    const password = await asker.askHidden(words);
    if (password === '') {
      if (hasKey) return '';
      asker.say('  without an SSH key a password is needed');
    } else if (password === (await asker.askHidden('The same again: '))) {
      return hashPassword(password);
    } else {
      asker.say('  the two differ');
    }
  }
}
