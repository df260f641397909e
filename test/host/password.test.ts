import test from 'ava';
import { hashPassword } from '../../src/host/password.ts';
import { passwordHash } from '../../src/host/schema/values.ts';
import { run } from '../../src/common/process.ts';

test('a password becomes a SHA-512 hash of itself', async (t) => {
  const password = 'canary-7c1f with $HOME & "quotes" ü';
  const hash = await hashPassword(password);
  t.true(passwordHash.safeParse(hash).success);
  const salt = hash.split('$')[2] ?? '';
  const { stdout } = await run(['openssl', 'passwd', '-6', '-salt', salt, '-stdin'], {
    input: `${password}\n`,
  });
  t.is(stdout, hash);
});
