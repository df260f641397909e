// From plain cards to Open vSwitch, commit-confirm: what does not answer in time is taken back.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { run } from '../../common/process.ts';
import {
  giveCardsBack,
  keepResolver,
  readFormerHost,
  takeCards,
  type FormerHost,
} from '../adopt/handover.ts';
import { ADOPTED, forgetTaken, readTaken, writeTaken } from '../adopt/record.ts';
import { THIS_HOST } from '../adopt/system.ts';
import { MEMORY, type BootContext, type BootStep } from '../context.ts';
import { waitForAnswer } from './answers.ts';
import { confirmSeconds, silentError, witnessesOf } from './witnesses.ts';
import {
  findChangedFiles,
  isNetworkFile,
  NETWORK_DIRECTORY,
  readNetworkFiles,
  writeNetworkFiles,
} from './directory.ts';
import { networkFiles, type NetworkFile } from './files.ts';
import { findMissing, readSwitch, staleArguments, SWITCH_PATIENCE } from './read-switch.ts';
import { refuseNetwork, requireNotRefused } from './refusal.ts';
import { switchArguments, type Bridge } from './switch.ts';

/** The former network, from the moment before the change until the new one has answered. */
const FORMER_FILE = 'network-before.json';
const FORMER = join(MEMORY, FORMER_FILE);

/** A network as it was. */
export interface Former {
  files: NetworkFile[];
  bridges: string[];
  /** Of a host that was there before, until its cards have been taken over once. */
  host?: FormerHost | undefined;
}

export const networkStep: BootStep = {
  name: 'network',
  title: 'Moving the network to Open vSwitch',
  weight: 6,
  needs: ['cards'],
  probe: async (context) =>
    (await readTextOrUndefined(FORMER)) === undefined &&
    (await findChangedFiles(NETWORK_DIRECTORY, filesOf(context), isNetworkFile)).length === 0 &&
    findMissing(context.bridges, await readSwitch()).length === 0,
  apply: async (context, progress) => {
    const { hostFile, bridges, signal } = context;
    await requireNotRefused(bridges);
    const former = await rememberFormer(context);
    try {
      await applyNetwork(bridges, filesOf(context), former.host);
    } catch (error) {
      // A host that was there before has no network now; others have what the installation made.
      if (former.host !== undefined && !signal.aborted) {
        await goBack(former);
        // The unit tries again; the network must not come and go all the time.
        await refuseNetwork(bridges, asText(error));
      }
      throw error;
    }
    const asked = await waitForAnswer(
      witnessesOf(hostFile),
      confirmSeconds(hostFile),
      progress.note,
      signal,
    );
    if (asked.answered) {
      if (former.host !== undefined) {
        await keepResolver(former.host, THIS_HOST);
        await writeTaken(former.host);
      }
      await rm(FORMER);
      return;
    }
    progress.note('nobody answers: going back to the former network');
    const broken = await goBack(former).then(() => undefined, asText);
    await refuseNetwork(bridges, asked.text);
    const what = broken === undefined ? 'the network was taken back' : broken;
    throw silentError(hostFile, asked.text, what);
  },
};

function asText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function filesOf({ bridges, installed }: BootContext): NetworkFile[] {
  return networkFiles(bridges, { adopted: installed.adopted !== undefined });
}

/** The host that was there before, where a run was cut in the middle. */
export async function interruptedHost(memory = MEMORY): Promise<FormerHost | undefined> {
  const known = await readTextOrUndefined(join(memory, FORMER_FILE));
  return known === undefined ? undefined : (JSON.parse(known) as Former).host;
}

export async function forgetFormer(memory = MEMORY): Promise<void> {
  await rm(join(memory, FORMER_FILE), { force: true });
}

/** Brings the former network back where a run was cut before the new one had answered. Errors: those of going back. */
export async function goBackIfCut(): Promise<boolean> {
  const known = await readTextOrUndefined(FORMER);
  if (known === undefined) return false;
  await goBack(JSON.parse(known) as Former);
  return true;
}

/** What a run that was cut remembered counts: what is there now may be half of the new network. */
async function rememberFormer({ installed, bridges }: BootContext): Promise<Former> {
  const known = await readTextOrUndefined(FORMER);
  if (known !== undefined) return JSON.parse(known) as Former;
  const { adopted } = installed;
  const isTaken = adopted === undefined || (await readTaken()) !== undefined;
  const taken = { cards: bridges.flatMap(({ cards }) => cards), virtual: adopted?.virtual ?? [] };
  const former: Former = {
    ...(isTaken ? {} : { host: await readFormerHost(taken, THIS_HOST) }),
    files: await readNetworkFiles(NETWORK_DIRECTORY, isNetworkFile),
    bridges: (await readSwitch()).bridges.map(({ name }) => name),
  };
  await rememberHost(former);
  return former;
}

/** Written before anything is changed. Errors: those of node:fs. */
export async function rememberHost(former: Former, memory = MEMORY): Promise<void> {
  await mkdir(memory, { recursive: true });
  // Former files may hold secrets of the network.
  await writeFileAtomic(join(memory, FORMER_FILE), `${JSON.stringify(former)}\n`, 0o600);
}

/** The network has answered on a host whose cards xcp-networkd took: what was before comes back only with a release. */
export async function settleHost(memory = MEMORY, adopted = ADOPTED): Promise<void> {
  const host = await interruptedHost(memory);
  if (host === undefined) return;
  await writeTaken(host, adopted);
  await forgetFormer(memory);
}

async function applyNetwork(
  bridges: readonly Bridge[],
  files: readonly NetworkFile[],
  host: FormerHost | undefined,
): Promise<void> {
  await writeNetworkFiles(NETWORK_DIRECTORY, files, isNetworkFile);
  if (host !== undefined) await takeCards(host, THIS_HOST);
  const stale = staleArguments(bridges, await readSwitch());
  await tellSwitch([...stale, ...switchArguments(bridges)]);
  await reloadNetwork();
}

async function goBack({ files, bridges, host }: Former): Promise<void> {
  await writeNetworkFiles(NETWORK_DIRECTORY, files, isNetworkFile);
  const added = (await readSwitch()).bridges.filter(({ name }) => !bridges.includes(name));
  await tellSwitch(added.flatMap(({ name }) => ['--', '--if-exists', 'del-br', name]));
  if (host === undefined) {
    await reloadNetwork();
    await rm(FORMER);
    return;
  }
  await forgetTaken();
  // Its files are back in any case; what does not start is told, and not tried again.
  await giveCardsBack(host, THIS_HOST).finally(() => rm(FORMER));
}

async function tellSwitch(words: readonly string[]): Promise<void> {
  if (words.length === 0) return;
  await run(['ovs-vsctl', `--timeout=${SWITCH_PATIENCE}`, ...words]);
}

async function reloadNetwork(): Promise<void> {
  await run(['systemctl', 'enable', '--quiet', '--now', 'systemd-networkd.service']);
  await run(['networkctl', 'reload']);
}
