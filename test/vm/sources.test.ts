// Where a host file comes from besides the medium: a stick, an address, a network boot. Each time a host is installed.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { run } from '../../src/common/process.ts';
import { serveDirectory } from '../../src/common/file-server.ts';
import { temporaryDirectory } from '../temporary.ts';
import { makeDisk } from './disk.ts';
import { hostText } from './host-text.ts';
import { addKernelArguments, resumeLive, sharedLive, type LiveMachine } from './live.ts';
import { bootMedium } from './machine.ts';
import { copyPxeTree, FULL, writeSite } from './media.ts';

/** They belong to the long matrix. */
const longTest = FULL ? test : test.skip;

/** The first card of every machine of the lab. */
const MAC = '52:54:00:4b:52:01';

/** Port of the boot server; the guest sees it as 10.0.2.2. */
const PORT = 18931;

const HOST_FILE = hostText({ serial: 'KRONOS-LAB-0' });

longTest('the host file lies on a stick', async (t) => {
  const { directory, machine } = await beginLive(t);
  const files = join(directory, 'stick');
  await mkdir(files);
  await writeFile(join(files, 'host.yaml'), HOST_FILE);
  const stick = await makeDisk(directory, 'stick-disk', 64 * 1024 * 1024);
  await run(['mkfs.ext4', '-q', '-F', '-L', 'KRONOS', '-d', files, stick]);
  await machine.plug({ path: stick, bus: 'usb', serial: 'STICK' });
  await machine.shell('until lsblk -dno SERIAL | grep -q STICK; do sleep 1; done', 60);
  await addKernelArguments(machine, 'kronos.after=shell');
  const { code, output } = await machine.shell('kronos-install --unattended', 900);
  t.is(code, 0, output);
  t.regex(output, /host file: partition labelled KRONOS/);
});

longTest('the host file is fetched from an address with the MAC of the machine', async (t) => {
  const { directory, machine } = await beginLive(t);
  await writeFile(join(directory, `${MAC}.yaml`), HOST_FILE);
  const server = await serveDirectory(directory, { port: 0 });
  t.teardown(server.close);
  const url = `http://10.0.2.2:${server.port}/\${mac}.yaml`;
  await addKernelArguments(machine, `kronos.after=shell kronos.host=${url}`);
  const { code, output } = await machine.shell('kronos-install --unattended', 900);
  t.is(code, 0, output);
  t.regex(output, /host file: kernel argument kronos\.host=/);
});

longTest('a network boot installs without a key, and the disk starts', async (t) => {
  const directory = await temporaryDirectory(t);
  const tree = await copyPxeTree(PORT);
  t.teardown(() => rm(tree, { recursive: true }));
  await writeFile(join(tree, `${MAC}.yaml`), HOST_FILE);
  await writeSite(tree, PORT, `kronos.host=http://10.0.2.2:${PORT}/\${mac}.yaml`);
  const disks = [
    { path: await makeDisk(directory, 'target'), bus: 'virtio' as const, serial: 'KRONOS-LAB-0' },
  ];
  const machine = await bootMedium({
    ...{ name: t.title, firmware: 'bios', redirect: true, bootFrom: 'network', exitOnReboot: true },
    nics: [{ model: 'e1000', link: { type: 'user', tftp: tree, bootfile: 'grub.0' } }],
    ...{ disks, http: { directory: tree, port: PORT } },
  });
  t.teardown(machine.stop);
  await machine.expect(/Kronos is installed on vda/, 1800);
  await machine.off(300);
  await machine.stop();
  const host = await bootMedium({
    ...{ name: `${t.title}, start`, firmware: 'bios', bootFrom: 'disk', disks },
  });
  t.teardown(host.stop);
  await host.expect(/serial console/, 300);
  await host.type('n');
  await host.expect(/xen01 login:/);
});

/** The live system with an empty disk. */
async function beginLive(
  t: ExecutionContext,
): Promise<{ directory: string; machine: LiveMachine }> {
  const directory = await temporaryDirectory(t);
  const machine = await resumeLive(t.title, await sharedLive());
  t.teardown(machine.stop);
  const path = await makeDisk(directory, 'target');
  await machine.plug({ path, bus: 'virtio', serial: 'KRONOS-LAB-0' });
  await machine.shell('udevadm settle');
  return { directory, machine };
}
