// A plain Debian on a disk, as the distribution's installer leaves a small server: the machine that packages turn into a Xen host.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWorkDirectory } from '../../src/builder/step/work.ts';
import { installPackages } from '../../src/builder/ensure-host.ts';
import { findMissing, packagesOf, type HostProgram } from '../../src/builder/host-programs.ts';
import { exists } from '../../src/common/files.ts';
import { run } from '../../src/common/process.ts';
import { writeFiles } from '../temporary.ts';
import { MIRROR_NAME, type DebianMirror } from './debian-mirror.ts';
import { MAKE_DISK } from './plain-debian-script.ts';

export interface PlainDebian {
  suite: 'trixie' | 'bookworm';
  /** Who has the network: ifupdown with a static address, or systemd-networkd with DHCP. */
  network: 'static' | 'dhcp';
}

/** A disk that nobody writes to, and what opens the machine that starts from a copy of it. */
export interface PlainImage {
  disk: string;
  /** File of the key with which root logs in by SSH. */
  key: string;
}

/** What the machine is called, and where it is in the network of its QEMU. */
export const PLAIN_NAME = 'plain';
export const PLAIN_ADDRESS = '10.0.2.15';

/** The first card of a machine of the lab, as systemd names it. */
export const PLAIN_CARD = 'enp0s2';

const PROGRAMS: readonly HostProgram[] = [
  { name: 'mmdebstrap', package: 'mmdebstrap', purpose: 'make a plain Debian' },
  { name: 'sfdisk', package: 'fdisk', purpose: 'make a plain Debian' },
  { name: 'mkfs.ext4', package: 'e2fsprogs', purpose: 'make a plain Debian' },
  { name: 'ssh-keygen', package: 'openssh-client', purpose: 'log in on a plain Debian' },
];

const PACKAGES = [
  ...['linux-image-amd64', 'initramfs-tools', 'zstd', 'grub-pc', 'systemd-sysv', 'udev', 'kmod'],
  ...['dbus', 'openssh-server', 'iproute2', 'iputils-ping', 'procps', 'less', 'cron', 'logrotate'],
  ...['systemd-timesyncd', 'e2fsprogs', 'netbase', 'debian-archive-keyring'],
];

const NETWORK_PACKAGES = { static: ['ifupdown'], dhcp: ['systemd-resolved'] } as const;

/** Under TCG everything takes its time. */
const KERNEL_ARGUMENTS =
  'console=ttyS0,115200 systemd.default_timeout_start_sec=600 systemd.default_device_timeout_sec=600';

const COMMON_FILES = (suite: string): Readonly<Record<string, string>> => ({
  'etc/hostname': `${PLAIN_NAME}\n`,
  'etc/hosts': `127.0.0.1\tlocalhost\n127.0.1.1\t${PLAIN_NAME}.example.net\t${PLAIN_NAME}\n`,
  'etc/apt/sources.list.d/debian.sources': sources(suite),
  'etc/default/grub': [
    'GRUB_DEFAULT=0',
    'GRUB_TIMEOUT=5',
    'GRUB_DISTRIBUTOR=`( . /etc/os-release; echo ${NAME:-Debian} ) 2>/dev/null || echo Debian`',
    'GRUB_CMDLINE_LINUX_DEFAULT=""',
    `GRUB_CMDLINE_LINUX="${KERNEL_ARGUMENTS}"`,
    'GRUB_TERMINAL="serial"',
    'GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"',
    '',
  ].join('\n'),
});

const NETWORK_FILES: Readonly<Record<PlainDebian['network'], Readonly<Record<string, string>>>> = {
  static: {
    'etc/network/interfaces': [
      '# This file describes the network interfaces available on your system',
      'source /etc/network/interfaces.d/*',
      '',
      'auto lo',
      'iface lo inet loopback',
      '',
      '# The primary network interface',
      `allow-hotplug ${PLAIN_CARD}`,
      `iface ${PLAIN_CARD} inet static`,
      `\taddress ${PLAIN_ADDRESS}/24`,
      '\tgateway 10.0.2.2',
      '\tdns-nameservers 10.0.2.3',
      '',
    ].join('\n'),
    'etc/resolv.conf': 'search example.net\nnameserver 10.0.2.3\n',
  },
  dhcp: {
    'etc/systemd/network/20-wired.network': `[Match]\nName=${PLAIN_CARD}\n\n[Network]\nDHCP=yes\n`,
  },
};

/** The archives of a suite, as a source of the machine and for making it. */
function sources(suite: string): string {
  const source = (archive: string, suites: string): string =>
    [
      'Types: deb',
      `URIs: http://${MIRROR_NAME}/${archive}`,
      `Suites: ${suites}`,
      'Components: main',
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
      '',
    ].join('\n');
  return [
    source('debian', `${suite} ${suite}-updates`),
    source('debian-security', `${suite}-security`),
  ].join('\n');
}

/**
 * The disk of a plain Debian, made anew where the archive or what makes it has changed, otherwise from the cache.
 * Errors: those of the programs that make it; only root can.
 */
export async function plainDebian(
  plain: PlainDebian,
  mirror: DebianMirror,
  cache: string,
): Promise<PlainImage> {
  const { suite, network } = plain;
  const include = [...PACKAGES, ...NETWORK_PACKAGES[network]].join(',');
  const files = { ...COMMON_FILES(suite), ...NETWORK_FILES[network] };
  const indices = await Promise.all(
    [`debian/dists/${suite}`, `debian/dists/${suite}-updates`, securityOf(suite)].map((path) =>
      mirror.read(`${path}/InRelease`),
    ),
  );
  const inputs = createHash('sha256').update(JSON.stringify([MAKE_DISK, include, files]));
  for (const index of indices) inputs.update(index);
  const name = `${suite}-${network}-${inputs.digest('hex').slice(0, 16)}`;
  const images = join(cache, 'plain-debian');
  const directory = join(images, name);
  const image = { disk: join(directory, 'disk.raw'), key: join(directory, 'key') };
  if (await exists(directory)) return image;
  await ensurePrograms();
  const work = await makeWorkDirectory(join(cache, 'work'));
  try {
    const made = join(work, 'made');
    const overlay = join(work, 'overlay');
    await mkdir(made);
    const key = join(made, 'key');
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', key]);
    await writeFiles(overlay, {
      ...files,
      'root/.ssh/authorized_keys': await readFile(`${key}.pub`, 'utf8'),
    });
    const list = join(work, 'debian.sources');
    await writeFile(list, sources(suite));
    const proxy = `http://127.0.0.1:${mirror.port}`;
    await run(
      [
        ...['unshare', '--mount', '--propagation', 'private', 'bash', '-c', MAKE_DISK, 'make-disk'],
        ...[join(made, 'disk.raw'), join(work, 'root'), suite, include, list, proxy, overlay],
        network,
      ],
      { timeoutSeconds: 1800 },
    );
    await removeOthers(images, `${suite}-${network}-`);
    await rename(made, directory);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return image;
}

function securityOf(suite: string): string {
  return `debian-security/dists/${suite}-security`;
}

/** Images of an archive that has moved on are not asked for again. */
async function removeOthers(images: string, prefix: string): Promise<void> {
  await mkdir(images, { recursive: true });
  const old = (await readdir(images)).filter((name) => name.startsWith(prefix));
  for (const name of old) await rm(join(images, name), { recursive: true, force: true });
}

async function ensurePrograms(): Promise<void> {
  const missing = packagesOf(await findMissing(PROGRAMS));
  if (missing.length > 0) await installPackages(missing);
}
