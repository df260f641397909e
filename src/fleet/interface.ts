// The one network interface that a fleet is served on.
import { networkInterfaces } from 'node:os';
import { KronosError } from '../common/error.ts';
import { nearest } from '../common/nearest.ts';

export interface ServedInterface {
  name: string;
  /** Its first IPv4 address: network boots speak no other language everywhere. */
  address: string;
  netmask: string;
  /** First address of the network. */
  network: string;
}

/** Errors: `input/no-such-interface`, `host/no-address`. */
export function findInterface(
  name: string,
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): ServedInterface {
  const addresses = interfaces[name];
  if (addresses === undefined) {
    // Node lists only those that are up.
    const names = Object.keys(interfaces).filter((one) => one !== 'lo');
    const guess = nearest(name, names);
    throw new KronosError('input/no-such-interface', `there is no interface ${name} that is up`, {
      location: { file: '--interface' },
      hint:
        guess === undefined
          ? `there ${names.length === 0 ? 'is no other' : `are ${names.join(', ')}`}; ip -brief address shows all`
          : `did you mean ${guess}? ip -brief address shows all`,
    });
  }
  const found = addresses.find(({ family }) => family === 'IPv4');
  if (found === undefined) {
    throw new KronosError('host/no-address', `the interface ${name} has no IPv4 address`, {
      location: { file: '--interface' },
      hint: 'give it one; machines find the server by it',
    });
  }
  const { address, netmask } = found;
  const mask = netmask.split('.').map(Number);
  const network = address
    .split('.')
    .map((part, index) => Number(part) & (mask[index] ?? 255))
    .join('.');
  return { name, address, netmask, network };
}
