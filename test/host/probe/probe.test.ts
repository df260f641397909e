import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { KronosError } from '../../../src/common/error.ts';
import { CommandError } from '../../../src/common/process.ts';
import { inventorySchema, type Inventory } from '../../../src/host/inventory.ts';
import { REINSTALLING, UNFINISHED } from '../../../src/host/probe/boot-code.ts';
import { probeMachine } from '../../../src/host/probe/probe.ts';
import { compareWithGolden } from '../../golden.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';
import { RECORDINGS, lsblk, device, partition, type Recording } from './recordings.ts';

/** Probes a recorded machine: programs print what was recorded, files lie below `root`. */
async function probeRecorded(recording: Recording, root: string): Promise<Inventory> {
  await writeFiles(root, recording.files ?? {});
  return probeMachine({
    root,
    run: (argv) => {
      const [program = '', ...args] = argv;
      if (program === 'lsblk') return Promise.resolve({ stdout: recording.lsblk });
      if (program === 'pvs' && recording.pvs !== undefined)
        return Promise.resolve({ stdout: recording.pvs });
      if (program === 'wipefs') {
        const path = args.at(-1) ?? '';
        const known = recording.wipefs ?? {};
        if (path in known && known[path] === undefined)
          return Promise.reject(new CommandError(argv, 1, undefined, '', 'Input/output error'));
        return Promise.resolve({ stdout: known[path] ?? '' });
      }
      return Promise.reject(new KronosError('dependency/tool-missing', `no ${program}`));
    },
  });
}

for (const [name, recording] of Object.entries(RECORDINGS)) {
  test(`recorded: ${name}`, async (t) => {
    const inventory = await probeRecorded(recording, await temporaryDirectory(t));
    t.deepEqual(inventorySchema.parse(inventory), inventory);
    const text = `${JSON.stringify(inventory.disks, null, 2)}\n`;
    await compareWithGolden(t, import.meta.url, `${name}.json`, text);
  });
}

test('a host whose boot code was never written is one that was never finished', async (t) => {
  const host = lsblk(
    device('vda', 20e9, {
      children: [partition('vda5', 2e9, { partlabel: 'kronos-state' })],
    }),
  );
  const probe = async (bootCode: Buffer): Promise<unknown> => {
    const root = await temporaryDirectory(t);
    await mkdir(join(root, 'dev'));
    await writeFile(join(root, 'dev/vda'), Buffer.concat([bootCode, Buffer.alloc(512)]));
    const { disks } = await probeRecorded({ lsblk: host }, root);
    return disks[0]?.installed;
  };
  const installed = { version: 'unknown', hostname: 'unknown' };
  t.deepEqual(await probe(Buffer.alloc(0)), { ...installed, unfinished: true });
  t.deepEqual(await probe(UNFINISHED), { ...installed, unfinished: true });
  t.deepEqual(await probe(REINSTALLING), installed);
  t.deepEqual(await probe(Buffer.from([0xeb, 0x63])), installed);
});

test('machine and network cards come from sysfs, and Xen says how large the machine is', async (t) => {
  const root = await temporaryDirectory(t);
  const card = 'sys/devices/pci0000:00/0000:00:01.0/0000:03:00.1';
  await writeFiles(root, {
    'sys/firmware/efi/': '',
    'sys/hypervisor/type': 'xen\n',
    'sys/class/dmi/id/sys_vendor': 'Supermicro\n',
    'sys/class/dmi/id/product_name': 'SYS-5019D\n',
    'sys/class/dmi/id/product_serial': 'To be filled by O.E.M.\n',
    'sys/class/dmi/id/product_uuid': '0123ABCD-0000-0000-0000-3CECEF4A1B2C\n',
    'sys/class/dmi/id/chassis_asset_tag': 'Default string\n',
    'proc/meminfo': 'MemTotal:        4194304 kB\nMemFree:          100 kB\n',
    'proc/cpuinfo': 'processor\t: 0\nmodel name\t: Intel(R)  Xeon(R)\nprocessor\t: 1\n',
    [`${card}/vendor`]: '0x8086\n',
    [`${card}/device`]: '0x1521\n',
    [`${card}/net/eno2/type`]: '1\n',
    [`${card}/net/eno2/address`]: '3C:EC:EF:4A:1B:2D\n',
    [`${card}/net/eno2/bonding_slave/perm_hwaddr`]: '3c:ec:ef:4a:1b:2c\n',
    [`${card}/net/eno2/carrier`]: '1\n',
    [`${card}/net/eno2/speed`]: '1000\n',
    [`${card}/net/eno2/device`]: '-> ../..',
    [`${card}/driver`]: '-> ../../../../bus/pci/drivers/igb',
    [`${card}/subsystem`]: '-> ../../../../bus/pci',
    'sys/class/net/eno2': `-> ../../devices/pci0000:00/0000:00:01.0/0000:03:00.1/net/eno2`,
    'sys/class/net/lo/type': '772\n',
    'sys/class/net/xenbr0/type': '1\n',
    'sys/class/net/vif1.0/type': '1\n',
    'sys/class/net/vif1.0/device/subsystem': '-> ../../../../bus/xen-backend',
    'sys/class/net/wlan0/type': '1\n',
    'sys/class/net/wlan0/device/vendor': '0x8086\n',
    'sys/class/net/wlan0/wireless/': '',
    'sys/class/net/down0/type': '1\n',
    'sys/class/net/down0/address': '52:54:00:00:00:01\n',
    'sys/class/net/down0/device/vendor': '0x1af4\n',
  });
  const inventory = await probeMachine({
    root,
    run: ([program]) =>
      Promise.resolve({
        stdout:
          program === 'xl'
            ? 'nr_cpus                : 16\ntotal_memory           : 131072\n'
            : lsblk(),
      }),
  });
  t.deepEqual(inventory.machine, {
    vendor: 'Supermicro',
    product: 'SYS-5019D',
    uuid: '0123abcd-0000-0000-0000-3cecef4a1b2c',
    firmware: 'uefi',
    memory: 128 * 2 ** 30,
    cpus: 16,
    cpuModel: 'Intel(R) Xeon(R)',
    xen: true,
  });
  t.deepEqual(inventory.interfaces, [
    { name: 'down0', mac: '52:54:00:00:00:01', vendor: '0x1af4' },
    {
      name: 'eno2',
      mac: '3c:ec:ef:4a:1b:2c',
      path: '0000:03:00.1',
      driver: 'igb',
      vendor: '0x8086',
      model: '0x1521',
      link: true,
      speed: 1000,
    },
  ]);
});

test('output that is not understood is refused, and so is a machine without its tools', async (t) => {
  const root = await temporaryDirectory(t);
  for (const text of ['', 'x', '{}', '{"blockdevices":[{"name":"sda"}]}'])
    await t.throwsAsync(probeRecorded({ lsblk: text }, root), { code: 'io/unexpected-output' });
  const one = lsblk(device('sda', 1e9));
  await t.throwsAsync(probeRecorded({ lsblk: one, wipefs: { '/dev/sda': '{]' } }, root), {
    code: 'io/unexpected-output',
  });
  await t.throwsAsync(
    probeMachine({
      root,
      run: ([program = '']) =>
        program === 'lsblk'
          ? Promise.resolve({ stdout: one })
          : Promise.reject(new KronosError('dependency/tool-missing', `no ${program}`)),
    }),
    { code: 'dependency/tool-missing' },
  );
});
