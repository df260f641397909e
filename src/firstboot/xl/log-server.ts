// Logs that go to a server as well: rsyslog takes them from the journal. Source: rsyslog.conf(5), omfwd.
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { run } from '../../common/process.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import type { BootStep } from '../context.ts';
import { isActive } from '../units.ts';

const FILE = '/etc/rsyslog.d/10-kronos.conf';
const UNIT = 'rsyslog.service';

/** The file of a log server, or undefined where the host file names none. */
export function logServerConf({ syslog }: Pick<HostFile, 'syslog'>): string | undefined {
  if (syslog === undefined) return undefined;
  const { server, port, protocol } = syslog;
  return [
    '# Made by kronos-firstboot from /etc/kronos/host.yaml.',
    `action(type="omfwd" target="${server}" port="${port}" protocol="${protocol}"`,
    // A server that is away gets the newest lines later; the host never waits for it.
    '  action.resumeRetryCount="-1" queue.type="LinkedList" queue.size="10000"',
    '  queue.timeoutEnqueue="0")',
    '',
  ].join('\n');
}

export const logServerStep: BootStep = {
  name: 'log-server',
  title: 'Sending logs to the log server',
  weight: 1,
  // Somebody else's log server on a host that was there before is none of ours.
  applies: ({ hostFile, installed }) =>
    hostFile.syslog !== undefined || installed.adopted === undefined,
  probe: async ({ hostFile }) => {
    const wanted = logServerConf(hostFile);
    if ((await readTextOrUndefined(FILE)) !== wanted) return false;
    return (await isActive(UNIT)) === (wanted !== undefined);
  },
  apply: async ({ hostFile }) => {
    const wanted = logServerConf(hostFile);
    if (wanted === undefined) {
      await rm(FILE, { force: true });
      await run(['systemctl', 'disable', '--quiet', '--now', UNIT]);
      return;
    }
    await mkdir(dirname(FILE), { recursive: true });
    await writeFileAtomic(FILE, wanted);
    await run(['systemctl', 'enable', '--quiet', UNIT]);
    await run(['systemctl', 'restart', UNIT]);
  },
};
