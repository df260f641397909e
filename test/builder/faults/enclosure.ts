// Namespaces that tests put the command line into: what is hidden or mounted there touches nothing else.
import { spawn, type ChildProcess } from 'node:child_process';

/** Root needs no user namespace to have others. */
const USER = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user', '--map-auto'];

/** Hides every device but the six that a build uses. `$1` is an empty directory. */
export const HIDE_DEVICES = `
mkdir -p "$1"
mount -t tmpfs tmpfs "$1"
for name in null zero full random urandom tty; do
  : > "$1/$name"
  mount --bind "/dev/$name" "$1/$name"
done
ln -s /proc/self/fd "$1/fd"
mount --rbind "$1" /dev`;

/**
 * A prefix that runs a program in namespaces of its own, after a shell script saw to the mounts there.
 * `unshare` names further namespaces; the arguments are `$1`, `$2`, ... of the script.
 */
export function enclosed(
  script: string,
  args: readonly string[],
  unshare: readonly string[] = [],
): string[] {
  return [
    ...['unshare', ...USER, '--mount', '--propagation', 'private', ...unshare, '--'],
    ...['sh', '-ec', `${script}\nshift ${args.length}\nexec "$@"`, 'sh', ...args],
  ];
}

/** Namespaces that stay for several runs, and can be looked into from outside. */
export class Enclosure {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async open(script: string, args: readonly string[]): Promise<Enclosure> {
    const [program = '', ...rest] = [
      ...enclosed(`${script}\necho ready`, args),
      ...['sleep', '3600'],
    ];
    const holder = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => {
        resolve();
      });
      holder.once('exit', () => {
        reject(new Error('the enclosure could not be made'));
      });
    });
    return new Enclosure(holder);
  }

  /** Put before a program that is to run inside. */
  get before(): string[] {
    const user = USER.length === 0 ? [] : ['--user', '--preserve-credentials'];
    return ['nsenter', '--target', String(this.#holder.pid), '--mount', ...user, '--'];
  }

  /** A path inside, as it is seen from outside. */
  path(inside: string): string {
    return `/proc/${this.#holder.pid ?? 0}/root${inside}`;
  }

  close(): void {
    this.#holder.kill('SIGKILL');
  }
}
