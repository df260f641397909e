// What is wrong with a repository, as errors.
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Problem } from '../manifest/compare.ts';
import type { Signature } from '../manifest/signature.ts';

const CHANGED =
  'put the file back from a copy that you trust, or make the repository anew in another directory';

/** An index whose signature is none that counts. */
export function signatureProblem(
  file: string,
  signature: Exclude<Signature, { state: 'good' }>,
): Problem {
  const found = 'reason' in signature ? signature.reason : signature.state;
  return { name: 'signature', file, expected: 'a good signature', found };
}

/** The hint for each kind of problem. */
function hintFor({ name, found }: Problem): string {
  if (name !== 'signature') return CHANGED;
  return found.includes('not in the keyring')
    ? 'take the key that made it; to change the key, make a new repository out of its packages: kronos repo make NEW --key KEY DIR'
    : CHANGED;
}

/** The problems as one error of class verification, or undefined where there are none. */
export function repositoryError(problems: readonly Problem[]): KronosErrors | undefined {
  if (problems.length === 0) return undefined;
  return new KronosErrors(
    problems.map((problem) => {
      const { name, file, expected, found } = problem;
      return new KronosError(
        `verification/${name}`,
        `${file}: expected ${expected}, found ${found}`,
        { hint: hintFor(problem), details: { file, expected, found } },
      );
    }),
  );
}
