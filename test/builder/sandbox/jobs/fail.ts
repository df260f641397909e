// A job that fails in the way that it is told.
import { KronosError } from '../../../../src/common/error.ts';

/** How to fail. */
export type Failure = 'known' | 'defect' | 'killed';

/** Never returns. */
export function runJob(how: Failure): Promise<never> {
  if (how === 'known') {
    const options = { hint: 'do this', details: { paths: ['/a'] } };
    return Promise.reject(new KronosError('verification/unowned-file', 'not well', options));
  }
  if (how === 'defect') return Promise.reject(new TypeError('a defect'));
  console.error('last words');
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}
