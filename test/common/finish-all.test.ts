import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { finishAll } from '../../src/common/finish-all.ts';

test('a failure waits for what is still at work', async (t) => {
  let ended = false;
  const slow = setTimeout(30).then(() => {
    ended = true;
    return 'slow';
  });
  t.deepEqual(await finishAll([slow, Promise.resolve(1)]), ['slow', 1]);
  ended = false;
  const again = setTimeout(30).then(() => {
    ended = true;
  });
  await t.throwsAsync(finishAll([Promise.reject(new Error('at once')), again]), {
    message: 'at once',
  });
  t.true(ended);
});
