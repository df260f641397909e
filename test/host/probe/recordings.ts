// What lsblk and wipefs print, on machines of all kinds: texts in the form of util-linux 2.38 to 2.41.

/** A device as lsblk prints it; what is not given is null, as it is there. */
export function device(name: string, size: number, more: Record<string, unknown> = {}): object {
  return {
    name,
    kname: name,
    path: `/dev/${name}`,
    type: 'disk',
    size,
    'log-sec': 512,
    'phy-sec': 512,
    vendor: null,
    model: null,
    serial: null,
    wwn: null,
    tran: null,
    subsystems: 'block',
    rota: false,
    rm: false,
    ro: false,
    mountpoints: [null],
    fstype: null,
    label: null,
    uuid: null,
    partlabel: null,
    pttype: null,
    ptuuid: null,
    ...more,
  };
}

export function partition(name: string, size: number, more: Record<string, unknown> = {}): object {
  return device(name, size, { type: 'part', ...more });
}

export function lsblk(...blockdevices: object[]): string {
  return JSON.stringify({ blockdevices }, null, 3);
}

/** Signatures as wipefs prints them: `type usage [uuid [label]]`. */
export function wipefs(...signatures: string[]): string {
  return JSON.stringify({
    signatures: signatures.map((line) => {
      const [type, usage, uuid = null, label = null] = line.split(' ');
      return { device: 'x', offset: '0x218', type, uuid: uuid === '-' ? null : uuid, label, usage };
    }),
  });
}

const GPT = ['gpt partition-table', 'gpt partition-table', 'PMBR partition-table'];
const GIB = 2 ** 30;

export interface Recording {
  lsblk: string;
  /** By path of the device; nothing on those that are left out, and `undefined` cannot be read. */
  wipefs?: Record<string, string | undefined>;
  pvs?: string;
  /** Further files below the root of the machine. */
  files?: Record<string, string>;
}

const sata = { tran: 'sata', subsystems: 'block:scsi:pci', vendor: 'ATA     ' };
const raidPartition = (name: string): object =>
  partition(name, 100 * GIB, {
    fstype: 'linux_raid_member',
    children: [
      device('md127', 100 * GIB, {
        type: 'raid1',
        children: [
          device('dm-0', 50 * GIB, { name: 'pve-root', type: 'lvm', mountpoints: ['/mnt/old'] }),
          device('dm-1', 8 * GIB, { name: 'pve-swap', type: 'lvm', mountpoints: ['[SWAP]'] }),
        ],
      }),
    ],
  });
const multipathMember = (name: string): object =>
  device(name, 2048 * GIB, {
    tran: 'fc',
    vendor: '3PARdata',
    model: 'VV              ',
    serial: '1625402',
    wwn: '0x60002ac0000000000000005b000175aa',
    subsystems: 'block:scsi:pci',
    fstype: 'mpath_member',
    children: [
      device('dm-3', 2048 * GIB, {
        name: 'mpatha',
        path: '/dev/mapper/mpatha',
        type: 'mpath',
        children: [
          device('dm-4', 1024 * GIB, {
            name: 'mpatha-part1',
            path: '/dev/mapper/mpatha-part1',
            type: 'part',
          }),
        ],
      }),
    ],
  });
const stick = (name: string, mounted: boolean): object =>
  device(name, 15_518_924_800, {
    tran: 'usb',
    vendor: 'SanDisk ',
    model: 'Ultra Fit',
    serial: '4C531001450902116324',
    rm: true,
    fstype: 'iso9660',
    label: 'KRONOS_3F9A1C07',
    children: [
      partition(`${name}1`, GIB, { mountpoints: [mounted ? '/run/kronos/medium' : null] }),
    ],
  });

export const RECORDINGS: Readonly<Record<string, Recording>> = {
  'nvme-sata-usb': {
    lsblk: lsblk(
      device('sda', 4_000_787_030_016, {
        ...sata,
        model: 'WDC WD40EFZX-68AWUN0',
        serial: 'WD-WXA2D41P7K3C',
        wwn: '0x50014ee2bfa3c1d8',
        rota: true,
        'phy-sec': 4096,
        pttype: 'gpt',
        ptuuid: '0b5e7f34-1d52-4f0e-a6a0-6a4bb0f2a001',
        children: [
          partition('sda1', 3_000_000_000_000, { partlabel: 'backup' }),
          partition('sda2', 1_000_000_000_000),
        ],
      }),
      stick('sdb', true),
      device('sdc', 0, { tran: 'usb', rm: true, model: 'STORAGE DEVICE' }),
      device('sr0', 4_700_000_000, { type: 'rom', rm: true }),
      device('loop0', 300_000_000, {
        type: 'loop',
        ro: true,
        mountpoints: ['/run/kronos/layers/x'],
      }),
      device('nvme0n1', 500_107_862_016, {
        tran: 'nvme',
        model: 'CT500P3SSD8',
        serial: '2247E689C2AF',
        wwn: 'eui.00a0750142e689c2',
        subsystems: 'block:nvme:pci',
      }),
      device('zram0', 0, { size: null, 'log-sec': null, 'phy-sec': null }),
    ),
    wipefs: {
      '/dev/sda': wipefs(...GPT),
      '/dev/sda1': wipefs('ext4 filesystem 9d7f4c52-6b1f-4f3a-8a15-1f2e3d4c5b6a backup'),
      '/dev/sdb': wipefs('iso9660 filesystem 2026-07-01-00-00-00-00 KRONOS_3F9A1C07', ...GPT),
    },
    files: {
      'run/kronos/boot':
        "KRONOS_SOURCE='medium'\nKRONOS_LABEL='KRONOS_3F9A1C07'\nKRONOS_DEVICE='/dev/sdb1'\nKRONOS_URL=''\n",
      'dev/disk/by-id/ata-WDC_WD40EFZX-68AWUN0_WD-WXA2D41P7K3C': '-> ../../sda',
      'dev/disk/by-id/ata-WDC_WD40EFZX-68AWUN0_WD-WXA2D41P7K3C-part1': '-> ../../sda1',
      'dev/disk/by-path/pci-0000:01:00.0-nvme-1': '-> ../../nvme0n1',
      'dev/disk/by-label/backup': '-> ../../sda1',
    },
  },
  // Copied to memory; the stick was taken out and came back under the next name.
  'stick-came-back': {
    lsblk: lsblk(device('sda', 500e9, sata), stick('sdd', false)),
    wipefs: {
      '/dev/sdd': wipefs('iso9660 filesystem 2026-07-01-00-00-00-00 KRONOS_3F9A1C07'),
    },
    files: {
      'run/kronos/boot':
        "KRONOS_SOURCE='memory'\nKRONOS_LABEL='KRONOS_3F9A1C07'\nKRONOS_DEVICE='/dev/sdb1'\nKRONOS_URL=''\n",
    },
  },
  'raid-members': {
    lsblk: lsblk(
      device('sda', 101 * GIB, { ...sata, children: [raidPartition('sda1')] }),
      device('sdb', 101 * GIB, { ...sata, children: [raidPartition('sdb1')] }),
      device('sdc', 101 * GIB, sata),
      device('md127', 100 * GIB, { type: 'raid1' }),
    ),
    wipefs: {
      '/dev/sda1': wipefs('linux_raid_member raid c2b60e7d-1a3f old:root'),
      '/dev/sdb1': wipefs('linux_raid_member raid c2b60e7d-1a3f old:root'),
      '/dev/sdc': wipefs('isw_raid_member raid', 'zfs_member filesystem 1094 tank', 'zfs_member x'),
    },
  },
  multipath: { lsblk: lsblk(multipathMember('sdb'), multipathMember('sdc')) },
  'sectors-4k': {
    lsblk: lsblk(
      device('nvme0n1', 1_600_321_314_816, { tran: 'nvme', 'log-sec': 4096, 'phy-sec': 4096 }),
    ),
  },
  // No udev, as in a container or an initrd: lsblk knows next to nothing.
  'virtio-without-udev': {
    lsblk: lsblk(
      device('vda', 20 * GIB, {
        vendor: '0x1af4',
        subsystems: 'block:virtio:pci',
        rota: true,
        children: [partition('vda1', GIB), partition('vda5', 8 * GIB)],
      }),
      device('xvdb', 4 * GIB, { subsystems: 'block:xen' }),
    ),
    wipefs: { '/dev/vda': undefined, '/dev/vda5': wipefs('ext4 filesystem 1-2 state') },
    files: {
      'sys/block/vda/serial': 'SYSTEM\n',
      'sys/class/block/vda1/uevent': 'DEVTYPE=partition\nPARTN=1\nPARTNAME=kronos-bios\n',
      'sys/class/block/vda5/uevent': 'DEVTYPE=partition\nPARTN=5\nPARTNAME=kronos-state\n',
    },
  },
  'lvm-and-btrfs': {
    lsblk: lsblk(
      device('sda', 10 * GIB, sata),
      device('sdb', 10 * GIB, { ...sata, mountpoints: ['/srv'] }),
      device('sdc', 10 * GIB, sata),
    ),
    wipefs: {
      '/dev/sda': wipefs('LVM2_member raid DTKmWB-2puA-KFzU-mChK-Baov-x2JL-RlQZjH'),
      '/dev/sdb': wipefs('btrfs filesystem 738452ef-2d00-4e55 pool'),
      '/dev/sdc': wipefs('btrfs filesystem 738452ef-2d00-4e55 pool'),
    },
    pvs: '{"report":[{"pv":[{"pv_uuid":"DTKmWB-2puA-KFzU-mChK-Baov-x2JL-RlQZjH","vg_name":"foreign"}]}]}',
  },
  'no-disk': { lsblk: lsblk(device('sr0', 0, { type: 'rom', rm: true })) },
  nothing: { lsblk: '{\n   "blockdevices": [\n\n   ]\n}\n' },
};
