// Host files of scenarios.

export interface HostTextOptions {
  /** Without its domain. */
  hostname?: string;
  /** Match of the system disks. */
  serial?: string;
  raid?: boolean;
  /** Keys of disks.system besides, for example `existing: erase`. */
  system?: readonly string[];
  /** Selector of the management card, or cards (default: by driver). */
  card?: string;
  /** Keys of network.management besides, and of network, whole lines. */
  management?: readonly string[];
  network?: readonly string[];
  /** Further sections, whole lines. */
  more?: readonly string[];
  /** Root can log in with LAB_PASSWORD. */
  login?: boolean;
  /** The recipes' checks run at every start (default). */
  selftest?: boolean;
}

/** Of machines that exist for a few minutes and that nobody else reaches. */
export const LAB_PASSWORD = 'kronos-lab';
export const LAB_HASH =
  '$6$kronoslab$jRR/veLyNOGbWteA3UORfJn9HvMkpWtDbP6tRCc9uvV2EEobFSonpq5Tr712U/2kdXaGc498rcwAWPWyuPIDe0';

/** A host that can start from its disk under TCG, where everything takes its time. */
export function hostText(options: HostTextOptions = {}): string {
  const { serial = 'KRONOS-LAB-*', raid = false, system = [], more = [] } = options;
  const { management = [], network = [], login = false, selftest = true } = options;
  const { hostname = 'xen01', card = '{ match: { driver: e1000 } }' } = options;
  return [
    'version: 1',
    `hostname: ${hostname}.example.net`,
    'root:',
    `  passwordHash: "${login ? LAB_HASH : '!'}"`,
    '  sshKeys:',
    '    - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHLhLzrWgkKQUVJ2TBY6kxuvPzZnDSVkyDvYBNfhZ7nq lab',
    'disks:',
    '  system:',
    `    match: { serial: "${serial}" }`,
    ...(raid ? ['    count: 2', '    raid: 1'] : ['    count: 1']),
    ...system.map((line) => `    ${line}`),
    'network:',
    '  management:',
    `    interface: ${card}`,
    ...management,
    ...network,
    'boot:',
    '  kernelArguments:',
    ...(selftest ? ['    - kronos.selftest'] : []),
    '    - systemd.default_timeout_start_sec=600',
    '    - systemd.default_device_timeout_sec=600',
    ...more,
    '',
  ].join('\n');
}
