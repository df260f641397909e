// From plain cards to Open vSwitch, commit-confirm: what does not answer in time is taken back.
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { run } from '../../common/process.ts';
import { MEMORY, type BootStep } from '../context.ts';
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
const FORMER = join(MEMORY, 'network-before.json');

interface Former {
  files: NetworkFile[];
  bridges: string[];
}

export const networkStep: BootStep = {
  name: 'network',
  title: 'Moving the network to Open vSwitch',
  weight: 6,
  needs: ['cards'],
  probe: async ({ bridges }) =>
    (await readTextOrUndefined(FORMER)) === undefined &&
    (await findChangedFiles(NETWORK_DIRECTORY, networkFiles(bridges), isNetworkFile)).length ===
      0 &&
    findMissing(bridges, await readSwitch()).length === 0,
  apply: async (context, progress) => {
    const { hostFile, bridges, signal } = context;
    await requireNotRefused(bridges);
    const former = await rememberFormer();
    await applyNetwork(bridges, networkFiles(bridges));
    const asked = await waitForAnswer(
      witnessesOf(hostFile),
      confirmSeconds(hostFile),
      progress.note,
      signal,
    );
    if (asked.answered) {
      await rm(FORMER);
      return;
    }
    progress.note('nobody answers: going back to the former network');
    await goBack(former);
    await refuseNetwork(bridges, asked.text);
    throw silentError(hostFile, asked.text, 'the network was taken back');
  },
};

/** What a run that was cut remembered counts: what is there now may be half of the new network. */
async function rememberFormer(): Promise<Former> {
  const known = await readTextOrUndefined(FORMER);
  if (known !== undefined) return JSON.parse(known) as Former;
  const former: Former = {
    files: await readNetworkFiles(NETWORK_DIRECTORY, isNetworkFile),
    bridges: (await readSwitch()).bridges.map(({ name }) => name),
  };
  await mkdir(dirname(FORMER), { recursive: true });
  await writeFileAtomic(FORMER, `${JSON.stringify(former)}\n`);
  return former;
}

async function applyNetwork(
  bridges: readonly Bridge[],
  files: readonly NetworkFile[],
): Promise<void> {
  await writeNetworkFiles(NETWORK_DIRECTORY, files, isNetworkFile);
  const stale = staleArguments(bridges, await readSwitch());
  await tellSwitch([...stale, ...switchArguments(bridges)]);
  await reloadNetwork();
}

async function goBack({ files, bridges }: Former): Promise<void> {
  await writeNetworkFiles(NETWORK_DIRECTORY, files, isNetworkFile);
  const added = (await readSwitch()).bridges.filter(({ name }) => !bridges.includes(name));
  await tellSwitch(added.flatMap(({ name }) => ['--', '--if-exists', 'del-br', name]));
  await reloadNetwork();
  await rm(FORMER);
}

async function tellSwitch(words: readonly string[]): Promise<void> {
  if (words.length === 0) return;
  await run(['ovs-vsctl', `--timeout=${SWITCH_PATIENCE}`, ...words]);
}

async function reloadNetwork(): Promise<void> {
  await run(['systemctl', 'enable', '--quiet', '--now', 'systemd-networkd.service']);
  await run(['networkctl', 'reload']);
}
