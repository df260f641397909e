// What fails in the middle: each fault ends in a report with its code, leaves nothing that starts, and the next
// installation on the same disk succeeds.
import { copyFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findInIso } from '../../src/builder/image/iso9660.ts';
import { temporaryDirectory } from '../temporary.ts';
import { makeDisk } from './disk.ts';
import { hostText } from './host-text.ts';
import {
  addKernelArguments,
  installUnattended,
  putFile,
  resumeLive,
  sharedLive,
  type LiveMachine,
  type PluggedDisk,
} from './live.ts';
import { FULL } from './media.ts';
import { writeAt } from './write-at.ts';

/** Sectors of 512 bytes in the middle of slot A, where the files of the system come to lie. */
const IN_THE_SYSTEM = (700 * 1024 * 1024) / 512;

const IO_ERROR = 5;

/** The largest layer as the live system sees it. */
const LAYER = '/run/kronos/medium/kronos/layers/packages.squashfs';

interface Fault {
  what: string;
  /** Stable code of the report. */
  code: string;
  /** Exit code of the installer: the class of the error. */
  exit: number;
  faults?: PluggedDisk['faults'];
  /** Changes a copy of the medium. */
  spoil?: (iso: string) => Promise<void>;
  /** Sections of the host file. */
  more?: (t: ExecutionContext, machine: LiveMachine) => Promise<string[]>;
  smoke?: boolean;
}

const FAULTS: readonly Fault[] = [
  {
    what: 'a disk that cannot be written in one place',
    ...{ code: 'io/disk-failed', exit: 4 },
    faults: [{ event: 'none', iotype: 'write', errno: IO_ERROR, sector: IN_THE_SYSTEM }],
  },
  {
    what: 'a disk that cannot be read back in one place',
    ...{ code: 'verification/copy-differs', exit: 6 },
    faults: [{ event: 'none', iotype: 'read', errno: IO_ERROR, sector: IN_THE_SYSTEM }],
  },
  {
    what: 'a disk that cannot be written at all',
    ...{ code: 'io/disk-failed', exit: 4 },
    faults: [{ event: 'none', iotype: 'write', errno: IO_ERROR }],
  },
  {
    what: 'an image with one changed byte',
    ...{ code: 'verification/layer-damaged', exit: 6, smoke: true },
    spoil: async (iso) => {
      const { offset, size } = await findLayer(iso);
      await writeAt(iso, Buffer.from('Kronos'), offset + Math.floor(size * 0.6));
    },
  },
  {
    what: 'a disk that gets full',
    ...{ code: 'io/disk-full', exit: 4 },
    more: async (_t, machine) => {
      const script = '#!/bin/sh\nfallocate -l 100G "$2/filler" || cat /dev/zero >"$2/filler" || :';
      await putFile(machine, '/run/fill.sh', script);
      return ['hooks:', '  - { stage: after-copy, file: /run/fill.sh, timeout: 600 }'];
    },
  },
  {
    what: 'a server that dies in the middle of an answer',
    ...{ code: 'io/fetch-failed', exit: 4 },
    more: async (t) => {
      const port = await serveHalf(t);
      const url = `http://10.0.2.2:${port}/hook.sh`;
      return ['hooks:', `  - { stage: after-copy, url: "${url}", sha256: "${'0'.repeat(64)}" }`];
    },
  },
];

for (const fault of FAULTS) {
  if (fault.smoke !== true && !FULL) continue;
  test(`${fault.what} ends in a report, and the next installation succeeds`, async (t) => {
    const directory = await temporaryDirectory(t);
    const path = await makeDisk(directory, 'target');
    const live = await sharedLive();
    const iso = fault.spoil === undefined ? live.iso : join(directory, 'spoiled.iso');
    if (fault.spoil !== undefined) {
      await copyFile(live.iso, iso);
      await fault.spoil(iso);
    }
    const machine = await resumeLive(t.title, live, iso);
    t.teardown(machine.stop);
    const disk = { path, bus: 'virtio' as const, serial: 'KRONOS-LAB-0' };
    await machine.plug({ ...disk, faults: fault.faults });
    await addKernelArguments(machine, 'kronos.after=shell');
    // What was read of the medium before it was spoiled is still in memory.
    if (fault.spoil !== undefined) await machine.shell(`dd if=${LAYER} iflag=nocache count=0`);
    const more = (await fault.more?.(t, machine)) ?? [];
    const failed = await installUnattended(machine, hostText({ more }));
    t.is(failed.code, fault.exit, failed.output);
    t.true(failed.output.includes(fault.code), failed.output);
    t.regex(failed.output, /hint: |-> /);
    await machine.stop();

    const again = await resumeLive(`${t.title}, again`, live);
    t.teardown(again.stop);
    await again.plug(disk);
    await addKernelArguments(again, 'kronos.after=shell');
    const { code, output } = await installUnattended(again, hostText());
    t.is(code, 0, output);
  });
}

/** Where the largest layer lies in an ISO, in bytes. */
async function findLayer(iso: string): Promise<{ offset: number; size: number }> {
  const found = await findInIso(iso, 'kronos/layers/packages.squashfs');
  if (found === undefined) throw new Error(`no layer in ${iso}`);
  return found;
}

/** A server that announces more than it sends and hangs up; resolves with its port. */
async function serveHalf(t: ExecutionContext): Promise<number> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Length': '100000' });
    response.write('#!/bin/sh\n', () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}
