// The command line of kronos-install, and what the kernel command line adds.
import { parseArgs } from 'node:util';
import { KronosError } from '../common/error.ts';

export const HELP = `Usage: kronos-install [options]

Installs this machine from a host file, or from the answers to a few questions
where there is none and somebody sits at the terminal. On a terminal the plan is
shown and asked about before anything is written.

  --host-file FILE  take this host file instead of looking for one
  --plan            print what would be done, and do nothing
  --ask             ask on the screen, even where a host file is found
  --unattended      ask nothing; restart when done
  --reinstall       keep state and storage of the Kronos host on the disk
  --json            print events, or with --plan the plan, as JSON
  --help            print this help

Kernel arguments: kronos.host=URL names a host file; \${mac}, \${uuid} and
\${serial} in it stand for those of the machine. kronos.after=reboot|poweroff|
shell says what comes after an unattended installation (default reboot).

Example:
  kronos-install --host-file /root/xen01.yaml --plan
`;

export interface InstallerOptions {
  hostFile?: string | undefined;
  plan: boolean;
  /** Questions, not the host file that was found. */
  ask: boolean;
  unattended: boolean;
  reinstall: boolean;
  json: boolean;
  help: boolean;
  after: 'reboot' | 'poweroff' | 'shell';
}

/** Errors: `input/unknown-option`, `input/wrong-value`. */
export function parseOptions(
  argv: readonly string[],
  kernelArguments: readonly string[],
): InstallerOptions {
  const values = parse(argv);
  const after = kernelArguments.findLast((word) => word.startsWith('kronos.after='))?.slice(13);
  if (after !== undefined && !['reboot', 'poweroff', 'shell'].includes(after)) {
    throw new KronosError('input/wrong-value', `kronos.after=${after} is not known`, {
      hint: 'one of: reboot, poweroff, shell',
    });
  }
  return {
    hostFile: values['host-file'],
    ...{ plan: values.plan, ask: values.ask, unattended: values.unattended },
    ...{ reinstall: values.reinstall, json: values.json, help: values.help },
    after: (after ?? 'reboot') as InstallerOptions['after'],
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        'host-file': { type: 'string' },
        plan: { type: 'boolean', default: false },
        ask: { type: 'boolean', default: false },
        unattended: { type: 'boolean', default: false },
        reinstall: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
      strict: true,
    }).values;
  } catch (error) {
    throw new KronosError(
      'input/unknown-option',
      error instanceof Error ? error.message : String(error),
      { hint: 'see kronos-install --help' },
    );
  }
}
