// The argument array that puts a program into its own namespaces; when its parent dies, however it dies, the kernel
// ends everything inside and drops every mount.
import { join } from 'node:path';
import { endWithParent } from '../../common/process.ts';

/** What the sandbox is closed off from. */
export interface NamespaceOptions {
  /** Real user id of the caller; 0 needs no user namespace. */
  uid: number;
  /** False shuts the network off too (the default). */
  network?: boolean;
}

/** `setpriv ... unshare ... --` to put before a program. */
export function namespaceCommand(options: NamespaceOptions): string[] {
  const user = options.uid === 0 ? [] : ['--user', '--map-root-user', '--map-auto'];
  const network = options.network === true ? [] : ['--net'];
  return [
    ...endWithParent(['unshare', ...user]),
    ...['--mount', '--propagation', 'private', '--uts', '--ipc', ...network],
    ...['--pid', '--fork', '--kill-child=KILL', '--'],
  ];
}

/** A minimal environment for what runs inside; nothing of the caller's leaks in. */
export function sandboxEnvironment(path: string | undefined): Record<string, string> {
  return {
    PATH: [...(path ?? '').split(':').filter((part) => part !== ''), ...SYSTEM_PATH].join(':'),
    HOME: '/root',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  };
}

/** Ordinary users often lack sbin, where chroot and losetup live. */
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The program inside the sandbox: this checkout's own. */
export function sandboxProgram(): string {
  return join(import.meta.dirname, 'main.js');
}
