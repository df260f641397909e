// Arithmetic with IP addresses and networks.
import { isIPv4 } from 'node:net';

/** An address in its network, as in `192.0.2.10/24`. */
export interface Network {
  family: 4 | 6;
  address: bigint;
  /** Length of the network part in bits. */
  prefix: number;
}

/** Reads an IP address that has been checked to be one; a zone (`%eth0`) is left out. */
export function parseAddress(text: string): Pick<Network, 'family' | 'address'> {
  const plain = text.replace(/%.*$/, '');
  if (isIPv4(plain)) {
    const address = plain.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
    return { family: 4, address };
  }
  // The parser of URLs writes an IPv4 address at the end out as two groups.
  const groups = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [head = '', tail] = groups.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const address = [...before, ...zeros, ...after].reduce(
    (sum, group) => (sum << 16n) | BigInt(`0x${group}`),
    0n,
  );
  return { family: 6, address };
}

/** Reads `ADDRESS/PREFIX` that has been checked to be that. */
export function parseNetwork(text: string): Network {
  const [own = '', prefix = ''] = text.split('/');
  return { ...parseAddress(own), prefix: Number(prefix) };
}

function hostBits({ family, prefix }: Network): bigint {
  return BigInt((family === 4 ? 32 : 128) - prefix);
}

/** The address of the network itself: all bits of the host 0. */
export function firstOf(network: Network): bigint {
  const bits = hostBits(network);
  return (network.address >> bits) << bits;
}

/** All bits of the host 1: with IPv4 the broadcast address. */
export function lastOf(network: Network): bigint {
  return firstOf(network) | ((1n << hostBits(network)) - 1n);
}

/** Whether an address is in a network of the same family. */
export function contains(
  network: Network,
  { family, address }: Pick<Network, 'family' | 'address'>,
): boolean {
  return family === network.family && address >= firstOf(network) && address <= lastOf(network);
}

/** `192.0.2.0/24`: the network without its host. */
export function formatNetwork(network: Network): string {
  return `${formatAddress(network.family, firstOf(network))}/${network.prefix}`;
}

/** An IPv4 address as people write it. */
export function formatIpv4(address: bigint): string {
  return formatAddress(4, address);
}

/** The IPv4 network mask of a prefix's length, as an address. */
export function netmask(prefix: number): bigint {
  const all = 2n ** 32n - 1n;
  return (all << BigInt(32 - prefix)) & all;
}

function formatAddress(family: 4 | 6, address: bigint): string {
  const width = family === 4 ? 8n : 16n;
  const parts = Array.from({ length: family === 4 ? 4 : 8 }, (_, index) => {
    const shift = width * BigInt((family === 4 ? 3 : 7) - index);
    return (address >> shift) & ((1n << width) - 1n);
  });
  if (family === 4) return parts.join('.');
  const groups = parts.map((part) => part.toString(16)).join(':');
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}
