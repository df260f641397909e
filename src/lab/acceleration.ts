// KVM or TCG: /dev/kvm often exists where it does not work (containers, nested machines, software KVM), so it is tried.
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { start } from '../common/process.ts';
import { qemuCommand, type Programs } from './programs.ts';

export interface Acceleration {
  kind: 'kvm' | 'tcg';
  /** Why, for people: "no /dev/kvm". */
  reason: string;
}

/** Seconds for the firmware to show signs of life; with real KVM it takes well under one. */
const PROBE_SECONDS = 10;

/** Whether the processor's own virtualization is there; without it a KVM is an emulation that fails on real kernels. */
export function hasVirtualization(cpuinfo: string): boolean {
  return /^flags\s*:.*\b(vmx|svm)\b/m.test(cpuinfo);
}

/**
 * Decides how machines are run. KVM is taken only if /dev/kvm opens, the processor offers virtualization, and a small
 * machine with the host's processor reaches its firmware. Never fails: what does not work means TCG.
 */
export async function probeAcceleration(programs: Programs): Promise<Acceleration> {
  const tcg = (reason: string): Acceleration => ({ kind: 'tcg', reason });
  try {
    await (await open('/dev/kvm', constants.O_RDWR)).close();
  } catch {
    return tcg('/dev/kvm cannot be opened');
  }
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  if (!hasVirtualization(cpuinfo)) return tcg('the processor has no virtualization');
  if (!(await reachesFirmware(programs)))
    return tcg('/dev/kvm is there but a machine does not run on it');
  return { kind: 'kvm', reason: '/dev/kvm works' };
}

async function reachesFirmware(programs: Programs): Promise<boolean> {
  const child = start(
    [
      ...qemuCommand(programs),
      ...['-machine', 'q35', '-accel', 'kvm', '-cpu', 'host', '-m', '64', '-display', 'none'],
      ...[
        '-chardev',
        'stdio,id=text,signal=off',
        '-device',
        'isa-debugcon,iobase=0x402,chardev=text',
      ],
    ],
    { environment: { ...ownEnvironment(), ...programs.environment } },
  );
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<boolean>((resolve) => {
      let said = '';
      let stderr = '';
      timer = setTimeout(() => resolve(false), PROBE_SECONDS * 1000);
      child.stderr?.on('data', (chunk: Buffer) => {
        stderr += chunk.toString('latin1');
        if (stderr.includes('KVM internal error')) resolve(false);
      });
      child.stdout?.on('data', (chunk: Buffer) => {
        said += chunk.toString('latin1');
        // The last thing SeaBIOS says on a machine without disks: by then it ran 16 and 32 bit code.
        if (said.includes('No bootable device')) resolve(true);
      });
      void child.done.then(() => resolve(false));
    });
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    await child.done;
  }
}

/** The environment of this process with the holes taken out. */
export function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}
