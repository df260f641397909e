// Host files of scenarios.

export interface HostTextOptions {
  /** Match of the system disks. */
  serial?: string;
  raid?: boolean;
  /** Keys of disks.system besides, for example `existing: erase`. */
  system?: readonly string[];
  /** Further sections, whole lines. */
  more?: readonly string[];
}

/** A host that can start from its disk under TCG, where everything takes its time. */
export function hostText(options: HostTextOptions = {}): string {
  const { serial = 'KRONOS-LAB-*', raid = false, system = [], more = [] } = options;
  return [
    'version: 1',
    'hostname: xen01.example.net',
    'root:',
    '  passwordHash: "!"',
    '  sshKeys:',
    '    - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHLhLzrWgkKQUVJ2TBY6kxuvPzZnDSVkyDvYBNfhZ7nq lab',
    'disks:',
    '  system:',
    `    match: { serial: "${serial}" }`,
    ...(raid ? ['    count: 2', '    raid: 1'] : ['    count: 1']),
    ...system.map((line) => `    ${line}`),
    'network:',
    '  management:',
    '    interface: { match: { driver: e1000 } }',
    'boot:',
    '  kernelArguments:',
    '    - kronos.selftest',
    '    - systemd.default_timeout_start_sec=600',
    '    - systemd.default_device_timeout_sec=600',
    ...more,
    '',
  ].join('\n');
}
