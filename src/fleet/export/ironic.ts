// Ironic: nodes for `baremetal create`, deployed by the deploy interface `ramdisk`: Ironic starts kernel and initrd of the
// installer once and writes no disk itself.
import { KronosError, KronosErrors } from '../../common/error.ts';
import { bootArguments } from './boot-arguments.ts';
import type { UserDataSource } from './boot-arguments.ts';
import type { ExportHost } from './host.ts';
import type { ExportImage } from './image.ts';
import { formatConfigDrive } from './nocloud.ts';
import { formatJson } from './output.ts';
import type { OutputFile } from './output.ts';
import { rootDevice } from './root-device.ts';
import { formatScript, quote } from './script.ts';

export interface IronicOptions {
  image: ExportImage;
  /**
   * Where machines fetch user-data, which are started over the network then. Left out: virtual media by Redfish, with a
   * config drive.
   */
  source: ((host: ExportHost) => UserDataSource) | undefined;
}

/** What is not in a fleet file and is filled in: where the management controller is, and its login. */
const CONTROLLER = {
  redfish_address: 'https://CHANGE-ME',
  redfish_username: 'CHANGE-ME',
  redfish_password: 'CHANGE-ME',
  redfish_system_id: '/redfish/v1/Systems/CHANGE-ME',
} as const;

/**
 * Nodes, config drives and commands, and what will surprise.
 * Errors: `input/export-erase`, of all hosts at once.
 */
export function exportIronic(
  hosts: readonly ExportHost[],
  options: IronicOptions,
): { files: OutputFile[]; warnings: KronosError[] } {
  const overNetwork = options.source !== undefined;
  if (overNetwork) refuseLoops(hosts);
  const warnings: KronosError[] = [];
  const nodes = hosts.map((host) => node(host, options, warnings));
  const drives = overNetwork
    ? []
    : hosts.flatMap((host) => formatConfigDrive(host, `ironic/${host.name}`));
  return {
    files: [
      { path: 'ironic/nodes.json', content: formatJson({ nodes }), kind: 'secret' },
      ...drives,
      { path: 'ironic/commands.sh', content: formatCommands(hosts, overNetwork), kind: 'program' },
    ],
    warnings,
  };
}

/** Ironic goes on answering a machine that starts from the network, so one that prefers to would be erased each time. */
function refuseLoops(hosts: readonly ExportHost[]): void {
  const errors = hosts
    .filter(({ hostFile: { disks } }) =>
      [disks.system, ...disks.storage].some(({ existing }) => existing === 'erase'),
    )
    .map(
      ({ name }) =>
        new KronosError(
          'input/export-erase',
          `${name} says existing: erase, and would be erased whenever it starts from the network`,
          {
            hint: 'leave out --seeds: virtual media are started once; or empty the disks and say refuse',
          },
        ),
    );
  if (errors.length > 0) throw new KronosErrors(errors);
}

function node(host: ExportHost, options: IronicOptions, warnings: KronosError[]): object {
  const { image, source } = options;
  const device = rootDevice(host.hostFile.disks.system);
  if (device.hints === undefined) {
    warnings.push(
      new KronosError(
        'input/no-root-device',
        `${host.name} gets no root_device: ${device.reasons.join('; ')}`,
        {
          hint: 'nothing is missing: the installer finds the disk by the host file; Ironic writes to none',
        },
      ),
    );
  }
  return {
    name: host.name,
    driver: 'redfish',
    deploy_interface: 'ramdisk',
    boot_interface: source === undefined ? 'redfish-virtual-media' : 'ipxe',
    driver_info: {
      ...CONTROLLER,
      // Started from once; then from the disk.
      force_persistent_boot_device: 'Never',
    },
    instance_info: {
      kernel: image.kernel.url,
      ramdisk: image.initrd.url,
      kernel_append_params: bootArguments(image, host, source?.(host)),
    },
    properties: {
      cpu_arch: 'x86_64',
      ...(device.hints === undefined ? {} : { root_device: device.hints }),
    },
    // Ironic compares nothing; whoever mirrors the files can.
    extra: {
      kronos_image: image.title,
      kronos_kernel_sha256: image.kernel.sha256,
      kronos_ramdisk_sha256: image.initrd.sha256,
    },
    ports: [{ address: host.mac, pxe_enabled: true }],
  };
}

function formatCommands(hosts: readonly ExportHost[], overNetwork: boolean): string {
  const lines = hosts.flatMap(({ name }) => {
    const node = quote(name);
    const drive = overNetwork ? '' : ` --config-drive ${node}`;
    return [
      '',
      `baremetal node manage ${node} --wait`,
      `baremetal node provide ${node} --wait`,
      `baremetal node deploy ${node}${drive} --wait`,
    ];
  });
  return formatScript(
    [
      'Enrols the nodes and deploys them. Fill in driver_info in nodes.json before.',
      'Where automated cleaning is on, `provide` clears the disks of a node.',
    ],
    ['baremetal create nodes.json', ...lines],
  );
}
