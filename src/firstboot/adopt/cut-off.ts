// A host whose cards went to xcp-networkd, and which nobody reaches since: only a start without Xen brings its former network
// back, and nobody can log in to order it.
import { MEMORY, type BootContext } from '../context.ts';
import { waitForAnswer } from '../network/answers.ts';
import { MANAGEMENT_BRIDGE } from '../network/switch.ts';
import { interruptedHost } from '../network/takeover.ts';
import { confirmSeconds, witnessesOf } from '../network/witnesses.ts';
import { whatStarts } from './boot-order.ts';
import { ADOPTED, readRecord } from './record.ts';
import { findDefaultRoute } from './running.ts';
import { readRunning, THIS_HOST, type Looking } from './system.ts';

/** Other places are for tests. */
interface Places {
  looking?: Looking;
  memory?: string;
  adopted?: string;
  ask?: typeof waitForAnswer;
}

/**
 * Starts the host anew where that is the only way back to its former network: the toolstack is xapi, the network has never
 * answered under it, nobody answers now, and the next start is the former one. Whether it does.
 * Errors: `input/adoption-record`; those of node:fs, ip(8) and systemctl; what fired the signal.
 */
export async function restartIfCutOff(
  {
    hostFile,
    installed,
    toolstack,
    signal,
  }: Pick<BootContext, 'hostFile' | 'installed' | 'toolstack' | 'signal'>,
  note: (text: string) => void,
  places: Places = {},
): Promise<boolean> {
  const { looking = THIS_HOST, memory = MEMORY, adopted = ADOPTED, ask = waitForAnswer } = places;
  if (toolstack !== 'xapi' || installed.adopted === undefined) return false;
  if ((await interruptedHost(memory)) === undefined) return false;
  const boot = (await readRecord(adopted))?.boot;
  // Else it would come to this again and again.
  if (boot === undefined || (await whatStarts(boot, looking)) !== 'former') return false;
  const route = findDefaultRoute(await readRunning(looking.run));
  const device = route?.interface ?? MANAGEMENT_BRIDGE;
  const witnesses = { ...witnessesOf(hostFile), interface: device };
  const { answered, text } = await ask(witnesses, confirmSeconds(hostFile), note, signal);
  if (answered) return false;
  note(`${text}: this host starts anew, without Xen, and gets its former network back`);
  await looking.run(['systemctl', '--no-block', 'reboot']);
  return true;
}
