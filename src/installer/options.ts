// The command line of kronos-install, and what the kernel command line adds.
import { parseProgramOptions } from '../common/program-options.ts';
import { KronosError } from '../common/error.ts';

export const HELP = `Usage: kronos-install [options]

Installs this machine from a host file, or from the answers to a few questions
where there is none. On a terminal the plan is shown and asked about first.

  --host-file FILE  take this host file instead of looking for one
  --plan            print what would be done, and do nothing
  --ask             ask on the screen, even where there is a host file
  --unattended      ask nothing; restart when done
  --reinstall       keep state and storage of the Kronos host on the disk
  --rescue          open the host on the disks below /mnt, and do nothing else
  --bundle FILE     write a support bundle (.tar.gz, without secrets), and do
                    nothing else; after a failure there is one already:
                    /run/kronos/support.tar.gz
  --json            print events, or with --plan the plan, as JSON
  --help            print this help

Kernel arguments:
  kronos.host=URL         where the host file is; \${mac}, \${uuid}, \${serial}
                          and \${asset_tag} stand for those of the machine
  kronos.host.sha256=HEX  SHA-256 fingerprint of the certificate of that
                          server; no other is accepted
  kronos.fleet=URL        a fleet server that is asked for the host file, with
                          kronos.fleet.sha256= and kronos.fleet.token=
  kronos.after=WHAT       what comes after an unattended installation: reboot
                          (default), poweroff or shell; after one that failed
                          the machine always stays on

Example:
  kronos-install --host-file /root/xen01.yaml --plan
`;

export interface InstallerOptions {
  hostFile?: string | undefined;
  /** Write a support bundle and do nothing else. */
  bundle?: string | undefined;
  plan: boolean;
  /** Questions, not a host file that may be there. */
  ask: boolean;
  unattended: boolean;
  reinstall: boolean;
  /** Open the host that is there and do nothing else. */
  rescue: boolean;
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
    ...{ hostFile: values['host-file'], bundle: values.bundle },
    ...{ plan: values.plan, ask: values.ask, unattended: values.unattended },
    ...{ reinstall: values.reinstall, rescue: values.rescue },
    ...{ json: values.json, help: values.help },
    after: (after ?? 'reboot') as InstallerOptions['after'],
  };
}

function parse(argv: readonly string[]) {
  return parseProgramOptions('kronos-install', {
    args: [...argv],
    options: {
      'host-file': { type: 'string' },
      bundle: { type: 'string' },
      plan: { type: 'boolean', default: false },
      ask: { type: 'boolean', default: false },
      unattended: { type: 'boolean', default: false },
      reinstall: { type: 'boolean', default: false },
      rescue: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
    strict: true,
  }).values;
}
