// Tinkerbell: per host the custom resources Hardware, Template and Workflow of tinkerbell.org/v1alpha1. The workflow loads
// the release's ISO into memory, starts the installer from it by kexec, and then lets the machine start from its disk.
import { KronosError, KronosErrors } from '../../common/error.ts';
import { bootArguments } from './boot-arguments.ts';
import type { UserDataSource } from './boot-arguments.ts';
import type { ExportHost } from './host.ts';
import type { ExportImage, ReleaseFile } from './image.ts';
import { formatJson } from './output.ts';
import type { OutputFile } from './output.ts';
import { formatScript, quote } from './script.ts';

export interface TinkerbellOptions {
  image: ExportImage;
  /** Where machines fetch user-data; left out: from Tinkerbell's metadata service. */
  source: ((host: ExportHost) => UserDataSource) | undefined;
  /** Address of the metadata service (Tootles, formerly Hegel). */
  metadata: string | undefined;
  namespace: string;
}

const VERSION = 'tinkerbell.org/v1alpha1';

/** Container images of the actions. waitdaemon reports success first and runs IMAGE then: kexec never returns. */
const IMAGES = {
  shell: 'docker.io/library/alpine:3.22',
  waitdaemon: 'ghcr.io/jacobweinstock/waitdaemon:0.4.3',
  kexec: 'quay.io/tinkerbell/actions/kexec:latest',
} as const;

/** Where the ISO lies in HookOS, which is in memory, and the block device that it becomes; 0 to 7 are always there. */
const ISO = '/worker/kronos.iso';
const LOOP = '/dev/loop7';

/** Everything that differs is in the environment. */
const FETCH = [
  'set -eu',
  `losetup -d ${LOOP} 2>/dev/null || true`,
  `wget -q -O ${ISO} "$ISO_URL"`,
  `echo "$ISO_SHA256  ${ISO}" | sha256sum -c -`,
  `losetup -r ${LOOP} ${ISO}`,
].join('; ');

/** Seconds. */
const TIMEOUTS = { fetch: 900, kexec: 90, all: 1800 } as const;

/**
 * A file per host, and the commands.
 * Errors: `input/export-image` without an ISO, `input/export-source`, `input/export-address` for hosts that the metadata service cannot know.
 */
export function exportTinkerbell(
  hosts: readonly ExportHost[],
  options: TinkerbellOptions,
): OutputFile[] {
  const { iso } = options.image;
  if (iso === undefined) {
    throw new KronosError('input/export-image', 'the release has no ISO', {
      hint: 'build it with the medium iso: the kexec action takes kernel and initrd from there',
    });
  }
  if (options.source === undefined && options.metadata === undefined) {
    throw new KronosError('input/export-source', 'nothing says where machines fetch user-data', {
      hint: 'give the address of the metadata service with --metadata, or that of a web server with --seeds',
    });
  }
  const errors: KronosError[] = [];
  // With seeds there is no user-data in it.
  const kind = options.source === undefined ? 'secret' : undefined;
  const files = hosts.flatMap((host): OutputFile[] => {
    try {
      const documents = resources(host, iso, options).map(formatJson).join('---\n');
      return [{ path: `tinkerbell/${host.name}.yaml`, content: documents, kind }];
    } catch (error) {
      if (!(error instanceof KronosError)) throw error;
      errors.push(error);
      return [];
    }
  });
  if (errors.length > 0) throw new KronosErrors(errors);
  const content = formatScript(
    [
      'Creates the hardware, templates and workflows. A workflow begins when its machine starts from the network:',
      'power the machines on.',
    ],
    hosts.map(({ name }) => `kubectl apply --server-side -f ${quote(`${name}.yaml`)}`),
  );
  return [...files, { path: 'tinkerbell/commands.sh', content, kind: 'program' }];
}

function resources(host: ExportHost, iso: ReleaseFile, options: TinkerbellOptions): object[] {
  const { namespace } = options;
  const name = host.name.toLowerCase();
  const metadata = { name, namespace };
  const line = bootArguments(options.image, host, sourceOf(host, options));
  const data = formatJson(template(host, name, iso, line));
  return [
    { apiVersion: VERSION, kind: 'Hardware', metadata, spec: hardware(host, options) },
    { apiVersion: VERSION, kind: 'Template', metadata, spec: { data } },
    {
      apiVersion: VERSION,
      kind: 'Workflow',
      metadata,
      spec: {
        templateRef: name,
        hardwareRef: name,
        hardwareMap: { device_1: host.mac },
        // Allowed to start from the network until the workflow has succeeded, no longer: no second installation.
        bootOptions: { toggleAllowNetboot: true },
      },
    },
  ];
}

function sourceOf(host: ExportHost, { source, metadata = '' }: TinkerbellOptions): UserDataSource {
  if (source !== undefined) return source(host);
  if (addressOf(host) !== undefined) return { url: `${metadata}/2009-04-04/user-data` };
  throw new KronosError(
    'input/export-address',
    `${host.name} has no static IPv4 address without a VLAN: the metadata service knows machines by it`,
    {
      hint: 'give it one in network.management, or serve user-data and name its address with --seeds',
    },
  );
}

/** The address that the machine has while it is installed: that of the host, where no VLAN is between. */
function addressOf(host: ExportHost): object | undefined {
  const { ipv4, vlan } = host.hostFile.network.management;
  if (ipv4.mode !== 'static' || vlan !== undefined) return undefined;
  const [address, prefix = '32'] = ipv4.address.split('/');
  const { gateway } = ipv4;
  return {
    address,
    netmask: netmask(Number(prefix)),
    ...(gateway === undefined ? {} : { gateway }),
    family: 4,
  };
}

function netmask(prefix: number): string {
  const bits = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}

function hardware(host: ExportHost, { source }: TinkerbellOptions): object {
  const ip = addressOf(host);
  const { dns } = host.hostFile.network.management;
  return {
    metadata: { instance: { id: host.mac, hostname: host.name } },
    interfaces: [
      {
        dhcp: {
          mac: host.mac,
          hostname: host.name,
          arch: 'x86_64',
          ...(ip === undefined ? {} : { ip }),
          ...(dns.length === 0 ? {} : { name_servers: dns }),
        },
        netboot: { allowPXE: false, allowWorkflow: true },
      },
    ],
    ...(source === undefined ? { userData: host.userData } : {}),
  };
}

function template(host: ExportHost, name: string, iso: ReleaseFile, line: string): object {
  return {
    version: '0.1',
    name,
    global_timeout: TIMEOUTS.all,
    tasks: [
      {
        name: 'install',
        worker: host.mac,
        volumes: ['/dev:/dev', '/worker:/worker'],
        actions: [
          {
            name: 'fetch the installer',
            image: IMAGES.shell,
            timeout: TIMEOUTS.fetch,
            command: ['/bin/sh', '-c', FETCH],
            environment: { ISO_URL: iso.url, ISO_SHA256: iso.sha256 },
          },
          {
            name: 'start the installer',
            image: IMAGES.waitdaemon,
            timeout: TIMEOUTS.kexec,
            pid: 'host',
            environment: {
              IMAGE: IMAGES.kexec,
              WAIT_SECONDS: '10',
              BLOCK_DEVICE: LOOP,
              FS_TYPE: 'iso9660',
              KERNEL_PATH: '/boot/vmlinuz',
              INITRD_PATH: '/boot/initrd.img',
              CMD_LINE: line,
            },
            volumes: ['/var/run/docker.sock:/var/run/docker.sock'],
          },
        ],
      },
    ],
  };
}
