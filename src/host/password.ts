// Passwords become hashes as early as possible.
import { KronosError } from '../common/error.ts';
import { run } from '../common/process.ts';

/**
 * The crypt(3) hash (SHA-512) of a password, by the system's openssl; the password goes through a pipe.
 * Errors: `input/password`, `dependency/tool-missing`, `io/command-failed`.
 */
export async function hashPassword(password: string): Promise<string> {
  if (password === '' || /[\r\n\0]/.test(password)) {
    throw new KronosError('input/password', 'a password is one line of text that is not empty', {
      hint: 'choose another',
    });
  }
  const { stdout } = await run(['openssl', 'passwd', '-6', '-stdin'], { input: `${password}\n` });
  const hash = stdout.trim();
  // What an openssl without SHA-512 would print must not get into a host file.
  if (/^\$6\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{86}$/.test(hash)) return hash;
  throw new KronosError('io/command-failed', 'openssl passwd printed no SHA-512 hash', {
    hint: 'install openssl 1.1.1 or later',
  });
}
