// Starts a plain Debian from a copy of its disk, with a spare disk, and opens its shell.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../src/common/process.ts';
import { MIRROR_NAME, type DebianMirror } from './debian-mirror.ts';
import { makeDisk } from './disk.ts';
import { bootMedium, type Machine } from './machine.ts';
import type { PlainImage } from './plain-debian.ts';
import { freePort } from './ports.ts';
import { openSsh, type Ssh } from './ssh.ts';

export interface PlainMachine extends Machine {
  ssh: Ssh;
  /** Starts the machine again from its own shell and waits until it is ready. */
  restart: () => Promise<void>;
}

/** Serial number of the disk that is empty. */
export const SPARE = 'KRONOS-SPARE';

const SPARE_SIZE = 4 * 1024 ** 3;

/** Another one after every start. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** For a start of Xen under TCG on a busy machine, with one more start where that one did not come up. */
const START_SECONDS = 1500;

/** Starts a plain Debian whose apt reaches `mirror`; `forwards` lead to it. Whoever calls this stops it. */
export async function startPlain(
  name: string,
  image: PlainImage,
  mirror: DebianMirror,
  directory: string,
  forwards: readonly { host: number; guest: number }[] = [],
): Promise<PlainMachine> {
  const disk = join(directory, 'plain.raw');
  await run(['cp', '--sparse=always', '--reflink=auto', image.disk, disk]);
  const spare = await makeDisk(directory, 'spare', SPARE_SIZE);
  const port = await freePort();
  const machine = await bootMedium({
    ...{ name, firmware: 'bios', bootFrom: 'disk' },
    disks: [
      { path: disk, bus: 'virtio', serial: 'KRONOS-PLAIN' },
      { path: spare, bus: 'virtio', serial: SPARE },
    ],
    nics: [
      {
        model: 'e1000',
        link: { type: 'user', forwards: [{ host: port, guest: 22 }, ...forwards] },
      },
    ],
  });
  const knownHosts = join(directory, 'known_hosts');
  const ssh = openSsh({ port, key: image.key, knownHosts });
  try {
    await ready(ssh);
    // Lists and sources name the mirror; how it is reached is said beside them.
    const proxy = `Acquire::http::Proxy::${MIRROR_NAME} "http://10.0.2.2:${mirror.port}";\n`;
    await ssh.put('/etc/apt/apt.conf.d/30proxy', proxy);
  } catch (error) {
    await machine.stop();
    throw error;
  }
  return {
    ...machine,
    ssh,
    restart: async () => {
      const before = await ssh.say(`cat ${BOOT_ID}`);
      await ssh.run('systemctl reboot').catch(() => undefined);
      await ready(ssh, before);
    },
  };
}

/** Waits for a start that is not the one before, and until systemd has done what it does then. */
async function ready(ssh: Ssh, before?: string): Promise<void> {
  const until = performance.now() + START_SECONDS * 1000;
  const look = `cat ${BOOT_ID}; systemctl is-system-running || :`;
  for (;;) {
    // The network may move to a bridge in between, and a session with it.
    const answer = await ssh.say(look, 60).catch(() => '');
    const [start, state = 'starting'] = answer.split('\n');
    if (start !== before && !/^(?:starting|initializing|stopping)?$/.test(state)) return;
    if (performance.now() > until)
      throw new Error(`the machine was not ready in ${START_SECONDS} s: ${answer}`);
    await sleep(2000);
  }
}
