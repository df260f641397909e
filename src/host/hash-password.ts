// Passwords become hashes as soon as they are known.
import { KronosError } from '../common/error.ts';
import { run } from '../common/process.ts';

/**
 * A SHA-512 hash for /etc/shadow; undefined where openssl is not installed. The password goes through standard input.
 * Errors: `io/command-failed`.
 */
export async function hashPassword(password: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(['openssl', 'passwd', '-6', '-stdin'], { input: `${password}\n` });
    return stdout.trim();
  } catch (error) {
    if (error instanceof KronosError && error.code === 'dependency/tool-missing') return undefined;
    throw error;
  }
}
