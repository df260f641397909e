// A boot server that dies in the middle of an installation over the network: the machine says what it misses, its disk holds
// nothing that starts, and when the server is back the same machine is installed.
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { serveDirectory, type FileServer, type Request } from '../../src/common/file-server.ts';
import { temporaryDirectory } from '../temporary.ts';
import { makeDisk } from './disk.ts';
import { hostText } from './host-text.ts';
import { bootMedium, type Machine } from './machine.ts';
import { copyPxeTree, FULL, writeSite } from './media.ts';

/** They belong to the long matrix. */
const longTest = FULL ? test : test.skip;

/** The first card of every machine of the lab. */
const MAC = '52:54:00:4b:52:01';

/** Milliseconds after which an answer is in the middle. */
const MIDDLE = 100;

interface Site {
  machine: Machine;
  disk: string;
  /** Resolves when the server is gone. */
  dead: Promise<void>;
  /** The same server again. */
  revive: () => Promise<void>;
}

/**
 * A machine that is installed over the network and then switches itself off. Its server dies in the middle of the answer to
 * the first request that `isLast` is true of; `before` are the requests until then.
 */
async function beginSite(
  t: ExecutionContext,
  port: number,
  isLast: (request: Request, before: readonly Request[]) => boolean,
): Promise<Site> {
  const directory = await temporaryDirectory(t);
  const tree = await copyPxeTree(port);
  t.teardown(() => rm(tree, { recursive: true }));
  await writeFile(join(tree, `${MAC}.yaml`), hostText({ serial: 'KRONOS-LAB-0' }));
  const hostFile = `http://10.0.2.2:${port}/\${mac}.yaml`;
  await writeSite(tree, port, `kronos.after=poweroff kronos.host=${hostFile}`);
  const before: Request[] = [];
  let server: FileServer | undefined;
  const dead = new Promise<void>((resolve, reject) => {
    const serve = serveDirectory(tree, {
      port,
      onRequest: (request) => {
        const last = isLast(request, before);
        before.push(request);
        if (!last) return;
        setTimeout(() => {
          server?.close().then(resolve, reject);
          server = undefined;
        }, MIDDLE);
      },
    });
    serve.then((started) => (server = started), reject);
  });
  t.teardown(() => server?.close());
  const disk = await makeDisk(directory, 'target');
  const machine = await bootMedium({
    ...{ name: t.title, firmware: 'bios', redirect: true, bootFrom: 'network' },
    nics: [{ model: 'e1000', link: { type: 'user', tftp: tree, bootfile: 'grub.0' } }],
    disks: [{ path: disk, bus: 'virtio', serial: 'KRONOS-LAB-0' }],
  });
  t.teardown(machine.stop);
  const revive = async (): Promise<void> => {
    server = await serveDirectory(tree, { port });
  };
  return { machine, disk, dead, revive };
}

/** Whether the disk has a partition table, and whether anything is on it. */
async function readStart(disk: string): Promise<{ table: boolean; written: boolean }> {
  const file = await open(disk, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(1024), 0, 1024, 0);
    const { blocks } = await file.stat();
    return { table: buffer.includes('EFI PART'), written: blocks > 0 };
  } finally {
    await file.close();
  }
}

longTest(
  'a server that dies in the middle of a layer: nothing is written, then the machine installs',
  async (t) => {
    const { machine, disk, dead, revive } = await beginSite(t, 18941, ({ path }) =>
      path.endsWith('/packages.squashfs'),
    );
    await machine.expect(/packages/, 600);
    await dead;
    await machine.expect(/KRONOS-BOOT\/download-failed/, 1200);
    const screen = (await machine.screen()).join('\n');
    t.regex(screen, /packages\.squashfs/);
    t.is((await stat(disk)).blocks, 0, 'the disk was not touched');
    await revive();
    // Nobody is there to press a key: it starts again by itself.
    await machine.expect(/Kronos is installed on vda/, 1800);
    await machine.off(300);
  },
);

longTest(
  'a server that dies while the disk is written: nothing on it starts, then the machine installs',
  async (t) => {
    const { machine, disk, dead, revive } = await beginSite(
      t,
      18942,
      ({ path }, before) =>
        path.endsWith('/initrd.img') && before.some((one) => one.path.endsWith('.yaml')),
    );
    await dead;
    await machine.expect(/io\/fetch-initrd/, 900);
    let start = await readStart(disk);
    t.true(start.written, 'the disk was being written');
    // It is cleared around the time at which the failure is told.
    for (let second = 0; start.table && second < 60; second += 1) {
      await sleep(1000);
      start = await readStart(disk);
    }
    t.false(start.table, 'nothing can be started from it');
    await revive();
    await machine.ask('system_reset');
    await machine.expect(/Kronos is installed on vda/, 1800);
    await machine.off(300);
  },
);
