// Recorded hosts as adoption leaves them.
import { join } from 'node:path';
import { adopt } from '../../../src/firstboot/adopt/adopt.ts';
import { readInstalled, type Installed } from '../../../src/firstboot/installed.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import type { HostFile } from '../../../src/host/schema/host-file.ts';
import { readHost, type recordHost } from './hosts.ts';

export type Recorded = Awaited<ReturnType<typeof recordHost>>;

/** Adopts a host, with storage of its own, and forgets what was called for that. */
export async function adoptRecorded(
  recorded: Recorded,
): Promise<{ hostFile: HostFile; installed: Installed }> {
  const { looking, probe, called } = recorded;
  await adopt({ looking, probe, isBlank: () => Promise.resolve(true) });
  const text = await readHost(recorded, 'etc/kronos/host.yaml');
  const { hostFile } = await parseHostFile(text, 'host.yaml', { toolstack: 'xl' });
  const installed = await readInstalled(join(looking.root, 'etc/kronos/installed.json'));
  called.length = 0;
  return { hostFile, installed };
}
