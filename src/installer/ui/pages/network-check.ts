// What was typed for the network, field by field: mistakes are told where the cursor can go.
import { splitWords } from '../../../host/questions.ts';
import { address, addressWithPrefix } from '../../../host/schema/values.ts';

/** The first mistake, or undefined. `read` gives what is in a field. */
export function checkNetworkForm(
  method: 'dhcp' | 'static',
  read: (key: string) => string,
): { key: string; problem: string } | undefined {
  const vlan = read('vlan');
  if (method === 'static') {
    if (!addressWithPrefix.safeParse(read('address')).success) {
      return {
        key: 'address',
        problem: 'An address with the length of its network is needed, such as 192.0.2.10/24.',
      };
    }
    if (read('gateway') !== '' && !address.safeParse(read('gateway')).success)
      return { key: 'gateway', problem: 'The gateway is an IP address, or left empty.' };
    const wrong = splitWords(read('dns')).find((word) => !address.safeParse(word).success);
    if (wrong !== undefined)
      return { key: 'dns', problem: `Name servers are IP addresses; ${wrong} is none.` };
  }
  if (vlan !== '' && !(/^\d{1,4}$/.test(vlan) && Number(vlan) >= 1 && Number(vlan) <= 4094))
    return { key: 'vlan', problem: 'A VLAN has a number from 1 to 4094; empty means none.' };
  return undefined;
}
