// Power cuts in a first boot: whenever they come, the next start ends in one network and one storage repository.
import { randomInt } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { run } from '../../src/common/process.ts';
import { temporaryDirectory } from '../temporary.ts';
import { hostText } from './host-text.ts';
import { installHost, SERIAL, startHost, type HostToStart } from './installed.ts';
import { keepMachine, putFile, resume, type PluggedDisk } from './live.ts';
import { OUT, type BootOptions } from './machine.ts';
import { FULL } from './media.ts';

/** How many cuts; fifty were asked for. */
const CUTS = Number(process.env['KRONOS_CUTS'] ?? (FULL ? 50 : 1));

/** How many in one test: ava gives up on one of which it hears nothing for too long. */
const GROUP = 5;

const TEXT = hostText({
  ...{ login: true, selftest: false },
  network: ['  networks:', '    - { name: guests, vlan: 30 }'],
  more: ['storage:', '  - { type: ext, name: local, disks: [system] }'],
});

/** What holds first boot back until a scenario lets it go on. */
const HOLD = `set -e
mount /dev/vda3 /mnt
mkdir -p /mnt/etc/systemd/system/kronos-firstboot.service.d
printf '[Unit]\\nConditionPathExists=/lab-go\\n' >/mnt/etc/systemd/system/kronos-firstboot.service.d/lab.conf
umount /mnt
`;

/** One line, which is the same whatever happened before. */
const LOOK = `cd /
echo "LOOK" $(ovs-vsctl list-br | sort) , $(ovs-vsctl list-ports xenbr0 | sort) , \\
  $(vgs --noheadings -o vg_name,vg_tags,lv_count) , $(findmnt -n -o FSTYPE /srv/xen/local) , \\
  $(ip -brief -4 address show xenbr0 | grep -c 10.0.2.15) $(ls /var/lib/kronos/network-*.json 2>/dev/null)
`;

const EXPECTED =
  /LOOK xenbr0 xenbr0\.30 , nic0 , VG_XenStorage-local kronos\.repository=local 1 , ext4 , 1\s*$/m;

interface Held {
  disk: string;
  state: string;
  /** Milliseconds that a first boot takes. */
  length: number;
}

let held: Promise<Held> | undefined;

const longTest = FULL ? test : test.skip;

for (let from = 0; from < CUTS; from += GROUP) {
  const numbers = Array.from({ length: Math.min(GROUP, CUTS - from) }, (_, index) => from + index);
  longTest(
    `the power is cut at ${numbers.length} of ${CUTS} random moments of a first boot (${from + 1})`,
    async (t) => {
      t.plan(numbers.length);
      held ??= holdFirstBoot(join(OUT, 'held'));
      const { disk, state, length } = await held;
      for (const number of numbers) {
        const after = Math.round((length * (number + randomInt(1000) / 1000)) / CUTS);
        const looked = await cutOnce(
          t,
          { disk, state, length },
          `first boot, cut ${number + 1}`,
          after,
        );
        await appendFile(join(OUT, 'vm-cuts.jsonl'), `${JSON.stringify({ after, looked })}\n`);
        t.regex(looked, EXPECTED);
      }
    },
  );
}

function hostOn(name: string, path: string): Omit<HostToStart, 'entry'> {
  const disk: PluggedDisk = { path, bus: 'virtio', serial: SERIAL };
  return { name, disk, nics: [{ model: 'e1000', link: { type: 'user' } }] };
}

/** The same machine, to go on with. */
function machineWith(name: string, path: string): BootOptions {
  const { disk, nics } = hostOn(name, path);
  return { name, firmware: 'bios', bootFrom: 'disk', disks: [disk], nics };
}

/** An installed host that waits, as a disk and a running machine in a file. */
async function holdFirstBoot(directory: string): Promise<Held> {
  await run(['rm', '-rf', directory]);
  await run(['mkdir', '-p', directory]);
  const { path: disk } = await installHost({
    ...{ name: 'first boot', directory, hostFile: TEXT },
    after: async (installer) => {
      await putFile(installer, '/run/hold.sh', HOLD);
      const hold = await installer.shell('sh /run/hold.sh && sync');
      if (hold.code !== 0) throw new Error(hold.output);
    },
  });
  const machine = await startHost({ ...hostOn('first boot, held', disk), entry: 'native' });
  const state = join(directory, 'state');
  try {
    await putFile(machine, '/root/look.sh', LOOK);
    await machine.shell('systemctl is-system-running --wait; touch /lab-go; sync', 600);
    await keepMachine(machine, state);
  } finally {
    await machine.stop();
  }
  const whole = join(directory, 'whole.raw');
  await run(['cp', '--sparse=always', disk, whole]);
  const measured = await resume(machineWith('first boot, not cut', whole), state);
  try {
    const started = performance.now();
    const { code, output } = await measured.shell('kronos-firstboot apply', 600);
    if (code !== 0) throw new Error(output);
    return { disk, state, length: performance.now() - started };
  } finally {
    await measured.stop();
    await run(['rm', whole]);
  }
}

/** What is there after the start that follows a cut. */
async function cutOnce(
  t: ExecutionContext,
  { disk, state }: Held,
  name: string,
  after: number,
): Promise<string> {
  const copy = join(await temporaryDirectory(t), 'disk.raw');
  await run(['cp', '--sparse=always', disk, copy]);
  const cut = await resume(machineWith(name, copy), state);
  try {
    cut.send('kronos-firstboot apply\r');
    await sleep(after);
    await cut.cut();
  } finally {
    await cut.stop();
  }
  const machine = await startHost({ ...hostOn(`${name}, start`, copy), entry: 'native' });
  try {
    await machine.shell('kronos-firstboot status --watch', 600);
    const { output } = await machine.shell('sh /root/look.sh');
    t.log(`${(after / 1000).toFixed(1)} s`);
    return output;
  } finally {
    await machine.stop();
    await run(['rm', copy]);
  }
}
