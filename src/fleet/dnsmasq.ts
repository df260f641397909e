// dnsmasq beside the fleet server: TFTP, and what a site's DHCP server does not say about network boots. Its configuration
// is made anew at every start; it is started again when it ends, and it ends with us, however we end.
import { setTimeout as sleep } from 'node:timers/promises';
import { KronosError } from '../common/error.ts';
import { writeFileAtomic } from '../common/files.ts';
import { followLines, start, type Child } from '../common/process.ts';
import type { ServedInterface } from './interface.ts';
import type { Render } from './templates.ts';

export interface DnsmasqPlan {
  interface: ServedInterface;
  /** Directory that is served by TFTP. */
  tftp: string;
  /** Whether it answers DHCP besides the site's server (as a proxy: it gives no addresses). */
  dhcp: boolean;
}

/** The configuration. Errors: `input/state-path`. */
export function renderDnsmasq(render: Render, plan: DnsmasqPlan): string {
  // It has no way to write other characters.
  if (!/^\/[\w./@%+~:-]*$/.test(plan.tftp)) {
    throw new KronosError('input/state-path', `dnsmasq cannot be told of the path ${plan.tftp}`, {
      hint: 'choose a state directory whose path has only letters, digits and . _ - / @ % + ~ :',
    });
  }
  const { name, network, netmask } = plan.interface;
  return render('dnsmasq.conf', {
    ...{ interface: name, network, netmask, tftpRoot: plan.tftp, dhcp: plan.dhcp },
  });
}

/** What a site's own DHCP server must be told, for the usual ones. */
export function renderDhcpLines(render: Render, address: string): string {
  return render('dhcp-lines.txt', { address });
}

/** What it needs as nobody: ports below 1024, the interface, and neighbours that have no address yet. */
const CAPABILITIES = '+net_bind_service,+net_raw,+net_admin';

/** It gives up its rights only after it has forgotten to end with us: so it never gets them. */
function command(configuration: string): string[] {
  const program = ['dnsmasq', '--keep-in-foreground', `--conf-file=${configuration}`];
  const rights =
    process.getuid?.() === 0
      ? [
          ...['--reuid', '65534', '--regid', '65534', '--clear-groups'],
          ...['--inh-caps', CAPABILITIES, '--ambient-caps', CAPABILITIES, '--no-new-privs'],
        ]
      : [];
  return ['setpriv', ...rights, '--pdeathsig', 'KILL', '--', ...program];
}

/** Seconds between two starts, at the least and at the most. */
const PAUSES = { first: 1, longest: 30 };

/** Seconds after which a start counts as one that went well. */
const SETTLED = 60;

/** So many ends in a row, each soon after its start, are more than an accident. */
const TOO_OFTEN = 3;

/** Milliseconds in which a wrong configuration or a port in use shows. */
const FIRST_LOOK = 700;

/** What helps where it does not stay. */
const ELSEWHERE =
  'is another DHCP or TFTP server running here? --no-dhcp and --no-tftp leave these to it';

/**
 * Writes the configuration and runs dnsmasq with it until closed. One that keeps ending is started again all the same, and
 * told of by `host/dnsmasq-ends`: a server that gave up would take the installations that are under way with it.
 * Errors: `host/dnsmasq` where it does not start at all.
 */
export async function runDnsmasq(options: {
  /** Where the configuration is written. */
  configuration: string;
  text: string;
  /** Gets what dnsmasq says. */
  note: (text: string) => void;
  /** Gets what is to be known of it besides. */
  warn: (text: string) => void;
}): Promise<{ close: () => Promise<void> }> {
  const { configuration, text, note, warn } = options;
  await writeFileAtomic(configuration, text);
  const ending = new AbortController();
  const ended = (): boolean => ending.signal.aborted;
  const tail: string[] = [];
  const launch = (): Child => {
    const child = start(command(configuration));
    for (const stream of [child.stdout, child.stderr]) {
      followLines(stream, (line) => {
        tail.push(line);
        if (tail.length > 5) tail.shift();
        note(line.replace(/^dnsmasq(?:-\w+)?(?:\[\d+\])?: /, 'dnsmasq: '));
      });
    }
    return child;
  };
  let child = launch();
  const watch = async (): Promise<void> => {
    let pause = PAUSES.first;
    let short = 0;
    for (;;) {
      const since = performance.now();
      const code = await child.done;
      if (ended()) return;
      if (performance.now() - since > SETTLED * 1000) {
        pause = PAUSES.first;
        short = 0;
      }
      short += 1;
      if (short >= TOO_OFTEN) warn(describe(keepsEnding(short, code)));
      warn(`dnsmasq ended with ${code}; it is started again in ${pause} s`);
      await sleep(pause * 1000, undefined, { signal: ending.signal }).catch(() => undefined);
      if (ended()) return;
      pause = Math.min(PAUSES.longest, pause * 2);
      child = launch();
    }
  };
  const early = await Promise.race([child.done, sleep(FIRST_LOOK)]);
  if (typeof early === 'number') {
    throw new KronosError(
      'host/dnsmasq',
      `dnsmasq does not start (exit code ${early}): ${tail.at(-1) ?? 'it did not say why'}`,
      { hint: ELSEWHERE },
    );
  }
  const watching = watch();
  return {
    close: async () => {
      ending.abort();
      child.kill();
      await watching;
    },
  };
}

function keepsEnding(times: number, code: number): KronosError {
  return new KronosError(
    'host/dnsmasq-ends',
    `dnsmasq ended ${times} times in a row, at last with ${code}: machines that are switched on find no boot files`,
    { hint: `see its last lines; ${ELSEWHERE}` },
  );
}

/** On one line, as all that the server writes. */
function describe({ code, message, hint = '' }: KronosError): string {
  return `error ${code}: ${message}; hint: ${hint}`;
}
