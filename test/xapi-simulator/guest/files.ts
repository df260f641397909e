// What a simulator keeps on the disk of its machine.
import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { formatInventory, parseInventory } from '../../../src/firstboot/xapi/inventory.ts';
import type { Dump } from '../database.ts';
import type { Nic } from '../networks.ts';

const INVENTORY = '/etc/xensource-inventory';
const ROLE = '/etc/xensource/pool.conf';
const SECRET = '/etc/xensource/ptoken';
const CERTIFICATE = '/etc/xensource/xapi-ssl.pem';
const STATE = '/var/lib/xcp/simulator.json';
export const SOCKET = '/var/lib/xcp/xapi';

function readOr(path: string, otherwise: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : otherwise;
}

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text, { mode });
  renameSync(`${path}.new`, path);
}

/** INSTALLATION_UUID; made at the first start, as xapi makes it. */
export function ownUuid(): string {
  const inventory = parseInventory(readOr(INVENTORY, ''));
  const known = inventory.get('INSTALLATION_UUID');
  if (known !== undefined) return known;
  const uuid = randomUUID();
  write(INVENTORY, formatInventory(new Map([...inventory, ['INSTALLATION_UUID', uuid]])));
  return uuid;
}

/** Address of the coordinator, or undefined on one. */
export function coordinatorAddress(): string | undefined {
  const role = readOr(ROLE, '').trim();
  if (role === '') write(ROLE, 'master');
  return role.startsWith('slave:') ? role.slice('slave:'.length) : undefined;
}

export function becomeMember(address: string, secret: string): void {
  write(SECRET, secret, 0o600);
  write(ROLE, `slave:${address}`);
}

export function memberSecret(): string {
  return readFileSync(SECRET, 'utf8');
}

export function readDump(): Dump | undefined {
  const text = readOr(STATE, '');
  return text === '' ? undefined : (JSON.parse(text) as Dump);
}

export function writeDump(dump: Dump): void {
  write(STATE, JSON.stringify(dump), 0o600);
}

/** Key and certificate in one file, as xapi has them. */
export function ownCertificate(): { key: string; cert: string } {
  if (!existsSync(CERTIFICATE)) {
    mkdirSync(dirname(CERTIFICATE), { recursive: true });
    const to = [`${CERTIFICATE}.key`, `${CERTIFICATE}.crt`];
    execFileSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...[
        '-days',
        '3650',
        '-subj',
        `/CN=${hostname()}`,
        '-keyout',
        to[0] ?? '',
        '-out',
        to[1] ?? '',
      ],
    ]);
    write(CERTIFICATE, to.map((path) => readFileSync(path, 'utf8')).join(''), 0o400);
  }
  const text = readFileSync(CERTIFICATE, 'utf8');
  return { key: text, cert: text };
}

/** The cards of the machine, as xapi would see them. */
export function readNics(root = '/sys/class/net'): Nic[] {
  return readdirSync(root)
    .filter((name) => existsSync(join(root, name, 'device')))
    .sort()
    .map((device) => ({ device, mac: readFileSync(join(root, device, 'address'), 'utf8').trim() }));
}
