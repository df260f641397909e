// A fleet and a release for exports: small files in the places that they have in a real one.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../src/common/digest.ts';
import { readFleetFile } from '../../../src/fleet/file/read.ts';
import type { Fleet } from '../../../src/fleet/file/fleet.ts';
import { renderMenu } from '../../../src/builder/image/menu.ts';
import { temporaryDirectory } from '../../temporary.ts';

/** A hash, a password and a token that must show only where secrets are meant to be. */
export const CANARIES = ['$6$canaryhash', 'canary-chap-7f3', 'canary-pool-1c9'] as const;

export const FLEET = `version: 1
name: rack-7
host:
  root: { passwordHash: "${CANARIES[0]}$${'a'.repeat(40)}" }
  disks: { system: { match: { serial: "S1" } } }
  network: { management: { interface: { match: {} }, ipv4: { mode: dhcp } } }
hosts:
  xen01:
    mac: "52:54:00:AB:00:01"
    host:
      network:
        management:
          ipv4: { mode: static, address: 192.0.2.11/24, gateway: 192.0.2.1 }
          dns: [192.0.2.2]
  xen02.example.net:
    mac: "52:54:00:ab:00:02"
    host:
      disks: { system: { match: { model: "*SSD*", size: ">= 100 GiB" } } }
      network: { management: { ipv4: { mode: static, address: 192.0.2.12/22 } } }
      storage:
        - { type: iscsi, name: san, targets: [{ address: 192.0.2.3 }], iqn: "iqn.2020-01.net.example:san",
            chap: { user: me, password: "${CANARIES[1]}" } }
`;

/** Reads the text of a fleet file. */
export async function openFleet(t: ExecutionContext, text = FLEET): Promise<Fleet> {
  const path = join(await temporaryDirectory(t), 'rack.yaml');
  await writeFile(path, text);
  return (await readFleetFile(path)).fleet;
}

const TEMPLATES = join(import.meta.dirname, '../../../../iso');

export const KERNEL = 'the kernel\n';
export const INITRD = 'the initrd\n';

/** A release directory; its menu is rendered like that of any other. */
export async function makeRelease(
  t: ExecutionContext,
  options: { iso?: boolean; toolstack?: 'xl' | 'xapi' } = {},
): Promise<string> {
  const directory = await temporaryDirectory(t);
  const name = 'kronos-0.1.0-debian-13-amd64';
  const menu = await renderMenu(TEMPLATES, 'ipxe', {
    ...{ brand: 'Kronos', version: '0.1.0', edition: 'debian-13', architecture: 'amd64' },
    ...{ label: 'KRONOS_91B55A8C', xenArguments: [], kernelArguments: ['quiet'] },
  });
  const manifest = {
    ...{ format: 'kronos-manifest', version: 1, kronos: '0.1.0', name, edition: 'debian-13' },
    ...{ architecture: 'amd64', buildId: `91b55a8c${'0'.repeat(56)}` },
    toolstack: { name: options.toolstack ?? 'xl', reason: 'it was asked for' },
  };
  const files: Record<string, string> = {
    [`${name}.manifest.json`]: JSON.stringify(manifest),
    'pxe/vmlinuz': KERNEL,
    'pxe/initrd.img': INITRD,
    'pxe/boot.ipxe': menu,
    ...(options.iso === false ? {} : { [`${name}.iso`]: 'the medium\n' }),
  };
  const sums = Object.entries(files).map(([path, text]) => `${digestOf(text)}  ${path}\n`);
  for (const [path, text] of Object.entries({ ...files, SHA256SUMS: sums.join('') })) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return directory;
}
