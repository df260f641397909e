// The command line of kronos-firstboot.
import { parseProgramOptions } from '../common/program-options.ts';
import { KronosError } from '../common/error.ts';

export const HELP = `Usage: kronos-firstboot COMMAND [options]

Makes a host what its host file says: network on Open vSwitch,
storage repositories, toolstack. It runs at every start; what is done already
is left alone, and a run that was cut goes on where it stopped.

Commands:
  plan            print what would be done, and do nothing
  apply           do it (this is what runs at the start)
  status          what is done, what waits for what, what failed and what helps
  retry STEP      try again a step that was taken back, and what needs it
  report          send again what could not be reported (a timer does this)
  reset           forget what was done; the next run looks at everything again
  preflight       print everything that keeps this host out of a pool
  join            bring this host into a pool (toolstack xapi)
  prepare         make what xapi needs before it starts (its unit does this)
  adopt           make the host that runs one of ours at its next start: write
                  down its network, start Xen once; nothing that runs is changed
  release         let an adopted host go: former network and boot order at the
                  next start

Options:
  --json          print the plan, the events, the status or what was adopted as
                  JSON
  --watch         with status: print it again whenever it changes, until the end
  --to ADDRESS    with preflight and join: the coordinator of the pool
  --fingerprint SHA256
                  the fingerprint of its certificate; no other is accepted
  --user NAME     who logs in there (default root)
  --password-file FILE
                  where the password is; - for standard input
  --help          print this help

Examples:
  kronos-firstboot status --watch
  kronos-firstboot preflight --to 10.0.0.1 --fingerprint 5e3d... \\
    --password-file /root/pool-password
`;

const COMMANDS = [
  'plan',
  'apply',
  'status',
  'retry',
  'report',
  'reset',
  'preflight',
  'join',
  'prepare',
  'adopt',
  'release',
] as const;

export interface FirstbootOptions {
  command: (typeof COMMANDS)[number] | 'help';
  /** With retry. */
  step?: string | undefined;
  json: boolean;
  watch: boolean;
  /** With preflight and join. */
  pool?: PoolOptions | undefined;
}

/** Which pool, and who logs in there. */
export interface PoolOptions {
  address: string;
  /** SHA-256, small hexadecimal digits. */
  fingerprint: string;
  user: string;
  passwordFile: string;
}

/** Errors: `input/unknown-option`, `input/unknown-command`. */
export function parseOptions(argv: readonly string[]): FirstbootOptions {
  const { values, positionals } = parse(argv);
  const { json, watch } = values;
  const [name, step, ...more] = positionals;
  if (values.help || name === 'help') return { command: 'help', json, watch };
  const command = COMMANDS.find((one) => one === name);
  if (command === undefined) {
    const what = name === undefined ? 'no command is given' : `${name} is no command`;
    throw new KronosError('input/unknown-command', what, {
      hint: `one of: ${COMMANDS.join(', ')}; see kronos-firstboot --help`,
    });
  }
  const wantsStep = command === 'retry';
  if (more.length > 0 || wantsStep !== (step !== undefined)) {
    throw new KronosError(
      'input/unknown-command',
      wantsStep ? 'retry needs the name of one step' : `${command} takes no further words`,
      { hint: wantsStep ? 'kronos-firstboot status names them' : 'see kronos-firstboot --help' },
    );
  }
  const asksPool = command === 'preflight' || command === 'join';
  return { command, step, json, watch, ...(asksPool ? { pool: poolOptions(values) } : {}) };
}

function poolOptions(values: ReturnType<typeof parse>['values']): PoolOptions {
  const { to, fingerprint, user, 'password-file': passwordFile } = values;
  if (to === undefined || fingerprint === undefined || passwordFile === undefined) {
    throw new KronosError(
      'input/missing-argument',
      '--to, --fingerprint and --password-file are needed',
      {
        hint: 'the fingerprint: openssl x509 -noout -sha256 -fingerprint -in /etc/xensource/xapi-ssl.pem, on the coordinator',
      },
    );
  }
  const digits = fingerprint.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits)) {
    throw new KronosError('input/wrong-value', `${fingerprint} is no SHA-256 fingerprint`, {
      hint: '64 hexadecimal digits, with or without colons',
    });
  }
  return { address: to, fingerprint: digits, user, passwordFile };
}

function parse(argv: readonly string[]) {
  return parseProgramOptions('kronos-firstboot', {
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      to: { type: 'string' },
      fingerprint: { type: 'string' },
      user: { type: 'string', default: 'root' },
      'password-file': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
    strict: true,
  });
}
