// Root's shell on a machine of the lab through the SSH client of this machine, with the server's key remembered.
import { setTimeout as sleep } from 'node:timers/promises';
import { followLines, run, start, type RunResult } from '../../src/common/process.ts';

export interface Ssh {
  /** Runs a line and resolves with how it ended, whatever that was. Errors: where nobody answers. */
  run: (line: string, timeoutSeconds?: number) => Promise<RunResult>;
  /** Runs a line that must succeed and resolves with what it said. */
  say: (line: string, timeoutSeconds?: number) => Promise<string>;
  /** Puts a text into a file of the machine. */
  put: (path: string, text: string) => Promise<void>;
  /** A session that counts until it is ended. */
  countOn: () => LongSession;
}

/** One SSH session that was opened once and prints a number every two seconds. */
export interface LongSession {
  /** Waits for a number that is printed from now on. Errors: where the session is gone or silent. */
  lives: () => Promise<number>;
  end: () => Promise<void>;
}

export interface SshTarget {
  port: number;
  /** File of the private key. */
  key: string;
  /** File in which the server's key is kept from the first connection on. */
  knownHosts: string;
}

/** What ssh itself ends with where it could not run anything. */
const NO_CONNECTION = 255;

/** Seconds without a number of a session that should count. */
const SILENCE = 120;

/** The shell of a machine that listens at a port of this one. */
export function openSsh(target: SshTarget): Ssh {
  const options = [
    ...['BatchMode=yes', 'ConnectTimeout=30', 'IdentitiesOnly=yes', 'LogLevel=ERROR'],
    // Another key than that of the first connection is refused, as it would be for a person.
    ...['StrictHostKeyChecking=accept-new', `UserKnownHostsFile=${target.knownHosts}`],
  ].flatMap((option) => ['-o', option]);
  const argv = (line: string): string[] => [
    ...['ssh', '-F', 'none', '-T', '-p', String(target.port), '-i', target.key, ...options],
    ...['root@127.0.0.1', line],
  ];
  const runLine: Ssh['run'] = async (line, timeoutSeconds = 300) => {
    const accept = Array.from({ length: NO_CONNECTION }, (_, code) => code);
    return run(argv(line), { accept, timeoutSeconds });
  };
  const say: Ssh['say'] = async (line, timeoutSeconds = 300) => {
    const { exitCode, stdout, stderr } = await runLine(line, timeoutSeconds);
    if (exitCode !== 0) throw new Error(`${line} ended with ${exitCode}: ${stdout}\n${stderr}`);
    return stdout;
  };
  return {
    run: runLine,
    say,
    put: async (path, text) => {
      await run(argv(`cat >'${path}'`), { input: text, timeoutSeconds: 120 });
    },
    countOn: () => openSession(argv('n=0; while :; do echo $n; n=$((n + 1)); sleep 2; done')),
  };
}

function openSession(argv: readonly string[]): LongSession {
  const child = start(argv);
  let said = '';
  let last: number | undefined;
  followLines(child.stdout, (line) => (last = Number(line)));
  followLines(child.stderr, (line) => (said += `${line}\n`));
  let over: number | undefined;
  void child.done.then((code) => (over = code));
  return {
    lives: async () => {
      const from = last;
      for (let second = 0; second < SILENCE; second += 1) {
        if (over !== undefined) throw new Error(`the session ended with ${over}: ${said}`);
        if (last !== undefined && last !== from) return last;
        await sleep(1000);
      }
      throw new Error(`the session has said nothing after ${last ?? 'its start'}: ${said}`);
    },
    end: async () => {
      child.kill();
      await child.done;
    },
  };
}
