// What `kronos host new` asks: the questions, what an answer may look like, and which of them follow from others.
import { KronosError, KronosErrors } from '../common/error.ts';
import { nearest } from '../common/nearest.ts';
import { diskMatch } from './schema/disks.ts';
import {
  address,
  addressWithPrefix,
  hostname,
  mac,
  passwordHash,
  sshKey,
} from './schema/values.ts';
import type { DiskMatch, InterfaceMatch } from './schema/disks.ts';

/** Answers by the key of their question; an empty one is as good as none. */
export type Answers = Readonly<Record<string, string>>;

export interface Question {
  key: string;
  /** What a person is asked. */
  words: string;
  /** Taken where the answer is empty; without one an answer is needed. */
  default?: string;
  /** Whether the question makes sense after what was said. */
  when?: (answers: Answers) => boolean;
  /** What is wrong with an answer, or undefined. */
  check: (answer: string) => string | undefined;
}

interface Parser {
  safeParse: (value: unknown) => { success: boolean; error?: { issues: { message: string }[] } };
}

const by =
  (schema: Parser) =>
  (answer: string): string | undefined => {
    const { success, error } = schema.safeParse(answer);
    if (success) return undefined;
    const message = error?.issues[0]?.message ?? 'another text';
    return message.startsWith('this is') ? message : `expected ${message}`;
  };

const oneOf =
  (...names: string[]) =>
  (answer: string): string | undefined =>
    names.includes(answer) ? undefined : `expected ${names.join(' or ')}`;

const isStatic = (answers: Answers): boolean => (answers['network'] ?? 'dhcp') !== 'dhcp';

/** In the order in which they are asked. */
export const QUESTIONS: readonly Question[] = [
  { key: 'hostname', words: 'Host name', check: by(hostname) },
  {
    key: 'disk',
    words: 'System disk, by its size (">= 200 GB", "480 GB") or its serial number',
    check: (answer) => by(diskMatch)(parseDisk(answer) as never),
  },
  {
    key: 'existing',
    words: 'If something is on that disk: refuse or erase',
    default: 'refuse',
    check: oneOf('refuse', 'erase'),
  },
  {
    key: 'card',
    words: 'Network card, by MAC address or name; empty: the one with a cable',
    default: '',
    check: () => undefined,
  },
  {
    key: 'network',
    words: 'Address with prefix length (192.0.2.10/24), or dhcp',
    default: 'dhcp',
    check: (answer) => (answer === 'dhcp' ? undefined : by(addressWithPrefix)(answer)),
  },
  {
    key: 'gateway',
    words: 'Gateway; empty: none',
    default: '',
    when: isStatic,
    check: by(address),
  },
  {
    key: 'dns',
    words: 'Name servers, separated by spaces; empty: none',
    default: '',
    when: isStatic,
    check: (answer) =>
      splitWords(answer)
        .map((word) => by(address)(word))
        .find((problem) => problem !== undefined),
  },
  { key: 'timezone', words: 'Time zone', default: 'Etc/UTC', check: checkTimeZone },
  {
    key: 'sshKey',
    words: 'SSH public key of root, or the file that holds it; empty: none',
    default: '',
    check: by(sshKey),
  },
];

/** Answers that only scripts give, because a person types the password itself. */
const ONLY_FOR_SCRIPTS: readonly Question[] = [
  { key: 'passwordHash', words: 'Password hash of root', default: '', check: by(passwordHash) },
];

function checkTimeZone(answer: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: answer });
    return undefined;
  } catch {
    const guess = nearest(answer, Intl.supportedValuesOf('timeZone'));
    return `there is no time zone ${answer}${guess === undefined ? '' : `; did you mean ${guess}?`}`;
  }
}

/** `serial:X`, `size:X`, `wwn:X`, `model:X`; without a key what looks like a size is one, and all else a serial number. */
export function parseDisk(answer: string): DiskMatch {
  const [, key = '', value = ''] = /^(serial|size|wwn|model):\s*(.*)$/.exec(answer) ?? [];
  if (key !== '') return { [key]: value };
  return /^\s*[<>=\d.\s]+\s*[KMGT]i?B\b/.test(answer) ? { size: answer } : { serial: answer };
}

/** A MAC address, a name, or nothing for whatever has a cable. */
export function parseCard(answer: string): InterfaceMatch {
  if (answer === '') return { link: true };
  return mac.safeParse(answer).success ? { mac: answer } : { name: answer };
}

export function splitWords(answer: string): string[] {
  return answer.split(/[\s,]+/).filter((word) => word !== '');
}

/**
 * Answers given as `key=value`, checked, with defaults filled in.
 * Errors, all at once: `input/unknown-answer`, `input/wrong-answer`, `input/missing-answer`, `input/password-in-arguments`.
 */
export function parseAnswers(pairs: readonly string[]): Answers {
  const given = new Map<string, string>();
  const errors: KronosError[] = [];
  const all = [...QUESTIONS, ...ONLY_FOR_SCRIPTS];
  for (const pair of pairs) {
    const [, key = pair, value] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    if (key === 'password') {
      errors.push(
        new KronosError(
          'input/password-in-arguments',
          'whoever is on this machine can read its arguments',
          { hint: 'give passwordHash=HASH or passwordFile=FILE' },
        ),
      );
    } else if (!all.some((question) => question.key === key) || value === undefined) {
      const keys = [...all.map((question) => question.key), 'passwordFile'];
      const guess = nearest(key, keys);
      errors.push(
        new KronosError('input/unknown-answer', `there is no question ${key}`, {
          hint:
            value === undefined
              ? 'answers are written KEY=VALUE'
              : guess === undefined
                ? `there are ${keys.join(', ')}`
                : `did you mean ${guess}?`,
        }),
      );
    } else given.set(key, value);
  }
  const answers: Record<string, string> = {};
  for (const question of all) {
    if (question.when?.(answers) === false) {
      if (!given.has(question.key)) continue;
      errors.push(
        new KronosError('input/wrong-answer', `${question.key} goes with an address only`, {
          hint: 'give network=ADDRESS/PREFIX, or leave it out',
        }),
      );
      continue;
    }
    const answer = given.get(question.key) ?? question.default;
    if (answer === undefined) {
      errors.push(
        new KronosError('input/missing-answer', `the answer ${question.key} is missing`, {
          hint: `${question.words}: --answers ${question.key}=...`,
        }),
      );
      continue;
    }
    const problem = answer === question.default ? undefined : question.check(answer);
    if (problem === undefined) answers[question.key] = answer;
    else errors.push(new KronosError('input/wrong-answer', `${question.key}: ${problem}`));
  }
  if (errors.length > 0) throw new KronosErrors(errors);
  return answers;
}
