// A fleet for a rehearsal without a fleet file, and the boot tree that goes with it.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';

/** Hosts in a pool: as many as XenServer supports. */
const POOL = 64;

/** What makes machines known, in turns: most fleets are lists of MAC addresses. */
const IDENTITIES = ['mac', 'mac', 'mac', 'mac', 'mac', 'serial', 'assetTag', 'order'] as const;

/** The text of a fleet file with so many hosts: pools of 64, a canary, growing waves. */
export function makeUpFleet(hosts: number): string {
  const lines = [
    'version: 1',
    'name: rehearsal',
    'host:',
    '  root: { passwordHash: "!!" }',
    '  toolstack: xapi',
    '  disks: { system: { match: { serial: "*-sda" }, existing: erase } }',
    '  network: { management: { interface: { match: { driver: ixgbe }, count: 2 }, bond: { mode: active-backup } } }',
    'hosts:',
  ];
  let orders = 0;
  for (let index = 0; index < hosts; index += 1) {
    const kind = IDENTITIES[index % IDENTITIES.length] ?? 'mac';
    const digits = index.toString(16).padStart(6, '0');
    const values = {
      mac: `"02:51:4e:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4)}"`,
      serial: `SN${digits}`,
      assetTag: `AT${digits}`,
      order: kind === 'order' ? String((orders += 1)) : '',
    };
    const rack = `r${Math.floor(index / 32) + 1}/${(index % 32) + 1}`;
    lines.push(`  ${nameOf(index)}: { ${kind}: ${values[kind]}, rack: ${rack} }`);
  }
  lines.push('pools:');
  for (let first = 0; first < hosts; first += POOL) {
    const names = Array.from({ length: Math.min(POOL, hosts - first) }, (_, i) =>
      nameOf(first + i),
    );
    const number = first / POOL;
    lines.push(
      `  pool${number + 1}:`,
      `    coordinator: ${number % 2 === 0 ? (names[0] ?? '') : 'first-seen'}`,
      `    hosts: [${names.join(', ')}]`,
      '    credential: { password: rehearsal }',
      '    joins: 16',
    );
  }
  lines.push(
    'rollout:',
    '  canary: 1',
    '  approval: canary',
    '  waves: [32, 128, 512]',
    '  atOnce: 128',
    // A rehearsal is to show all that fails.
    `  stopAfter: ${Math.max(1, hosts)}`,
    '',
  );
  return lines.join('\n');
}

function nameOf(index: number): string {
  return `sim${String(index + 1).padStart(4, '0')}`;
}

/** Files of a boot tree, by how many bytes of them are real. */
const FILES: Readonly<Record<string, number>> = {
  ...{ 'grub.0': 4096, 'grubx64.efi': 4096, 'boot.ipxe': 512, 'grub/grub.cfg': 512 },
  ...{ 'xen.gz': 1 << 20, vmlinuz: 1 << 20, 'initrd.img': 1 << 20 },
  ...{ 'layers/packages.squashfs': 1 << 20, 'layers/host.squashfs': 1 << 18 },
};

/** Writes a boot tree in which everything has its name and nothing its content. Errors: those of node:fs. */
export async function makeUpTree(directory: string): Promise<void> {
  for (const [name, size] of Object.entries(FILES)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, randomBytes(size));
  }
}
