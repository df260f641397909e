// Makes a host that runs one of ours, from the next start on: its host file, and the boot order. Nothing that runs is changed.
import { join } from 'node:path';
import { digestOf } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { exists, readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import type { Inventory } from '../../host/inventory.ts';
import { probeMachine } from '../../host/probe/probe.ts';
import { parseHostFile } from '../../host/read.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { INSTALLED, readInstalled, type Installed } from '../installed.ts';
import { planBridges, type Bridge } from '../network/switch.ts';
import { standingOn } from './base.ts';
import { readBootOrder, startXenOnce, whatStarts, type BootFacts } from './boot-order.ts';
import { planChanges, type Taken } from './changes.ts';
import { MANAGER_NAMES } from './configured.ts';
import { deriveNetworks, type NetworkFacts } from './derive.ts';
import { isEnabled, readSurroundings } from './handover.ts';
import { writeHostFile } from './host-file.ts';
import { matchHostFile } from './match.ts';
import { readTimeZone } from './read-config.ts';
import {
  ADOPTED,
  readRecord,
  writeRecord,
  type AdoptionRecord,
  type BootRecord,
} from './record.ts';
import { HOST_FILE, RELEASE_UNIT } from './places.ts';
import { chooseSpareDisk, systemDisks } from './spare-disk.ts';
import { requireHost } from './surroundings.ts';
import { readHostname, readNetworkFacts, type Looking } from './system.ts';
import { readEdition, readToolstack, readVersion } from '../toolstack.ts';

/** What became of an adoption. */
export interface Adoption {
  /** `done`: now. `known`: it was done before. `installed`: kronos-install made this host. */
  state: 'done' | 'known' | 'installed';
  manager?: string;
  /** Written here, or found. */
  hostFile?: 'written' | 'found';
  bridges?: Bridge[];
  storage?: string;
  boot?: 'xen' | 'xen-once' | 'former' | 'unknown';
  /** What the host has now and its host file has no words for, one phrase each. */
  lost?: string[];
  warnings: string[];
}

/** What the tests look at in place of the machine. */
export interface AdoptOptions {
  looking: Looking;
  probe?: () => Promise<Inventory>;
  isBlank?: Parameters<typeof chooseSpareDisk>[1];
}

/**
 * Adopts the host. Made again, it changes nothing; cut, it begins anew. Errors: `host/cannot-adopt-...`, those of reading the
 * machine and of a host file that the operator wrote.
 */
export async function adopt({ looking, probe, isBlank }: AdoptOptions): Promise<Adoption> {
  const { root } = looking;
  if (await exists(join(root, INSTALLED))) return adoptAgain(looking);
  await requireHost(looking);
  await requireRestarted(root);
  const facts = await readNetworkFacts(looking);
  const inventory = await (probe ?? probeMachine)();
  const plan =
    (await readOperatorsFile(facts, inventory, root)) ??
    (await derive(facts, inventory, looking, isBlank));
  const boot = await readBootOrder(looking);
  const bridges = planBridges(plan.hostFile.network, plan.chosen.networks, { keepNames: true });
  const cards = bridges.flatMap((bridge) => bridge.cards);
  const taken = {
    cards,
    virtual: standingOn(facts.running, new Set(cards.map(({ name }) => name))),
  };
  const record = await remember({ facts, plan, boot, taken }, looking);
  if (record.boot.loader === 'grub') await startXenOnce(record.boot, looking);
  if (plan.text !== undefined) await writeFileAtomic(join(root, HOST_FILE), plan.text, 0o600);
  const installed: Installed = {
    format: 'kronos-installed',
    version: await readVersion(),
    edition: await readEdition(root),
    disks: plan.chosen,
    adopted: { manager: facts.manager, virtual: taken.virtual },
  };
  // The last one: without it nothing of this counts.
  await writeFileAtomic(join(root, INSTALLED), `${JSON.stringify(installed, undefined, 2)}\n`);
  return {
    state: 'done',
    manager: MANAGER_NAMES[facts.manager],
    hostFile: plan.text === undefined ? 'found' : 'written',
    ...{ bridges, storage: plan.storage },
    boot: await whatStarts(record.boot, looking),
    lost: plan.lost,
    warnings: [...plan.warnings, ...boot.warnings, ...(await warnOfToolstack())],
  };
}

/** What runs is still what first boot made; what it was before comes with the next start. */
async function requireRestarted(root: string): Promise<void> {
  if (!(await exists(join(root, RELEASE_UNIT)))) return;
  throw new KronosError(
    'host/cannot-adopt-released',
    'adopting this host: it was released, and its former network comes back with the next start',
    { hint: 'restart it, then: kronos-firstboot adopt' },
  );
}

/** xcp-networkd takes the cards itself, and what goes wrong then is not seen from here. */
async function warnOfToolstack(): Promise<string[]> {
  if ((await readToolstack()) === 'xl') return [];
  return [
    'with the toolstack xapi a network that does not answer is given back to what configures it now by one more start: this host orders it itself, where the boot loader is to start what was before',
  ];
}

async function adoptAgain(looking: Looking): Promise<Adoption> {
  const { adopted } = await readInstalled(join(looking.root, INSTALLED));
  if (adopted === undefined) return { state: 'installed', warnings: [] };
  const record = await readRecord(join(looking.root, ADOPTED));
  let boot: BootRecord = record?.boot ?? { loader: 'none', why: 'nothing is remembered of it' };
  let warnings: string[] = [];
  // The menu had no Xen then.
  if (record !== undefined && boot.loader === 'none') {
    const found = await readBootOrder(looking);
    ({ record: boot, warnings } = found);
    if (boot.loader === 'grub') {
      await writeRecord({ ...record, boot }, join(looking.root, ADOPTED));
      await startXenOnce(boot, looking);
    }
  }
  return {
    state: 'known',
    manager: MANAGER_NAMES[adopted.manager],
    boot: await whatStarts(boot, looking),
    warnings,
  };
}

interface Plan {
  hostFile: HostFile;
  chosen: Installed['disks'];
  /** Of a host file that is to be written. */
  text: string | undefined;
  storage: string;
  lost: string[];
  warnings: string[];
}

/** Errors: those of parseHostFile and matchHostFile. */
async function readOperatorsFile(
  facts: NetworkFacts,
  inventory: Inventory,
  root: string,
): Promise<Plan | undefined> {
  const text = await readTextOrUndefined(join(root, HOST_FILE));
  if (text === undefined) return undefined;
  const { hostFile, warnings } = await parseHostFile(text, HOST_FILE, {
    toolstack: await readToolstack(),
  });
  const names = hostFile.storage.map(({ name }) => name);
  return {
    ...{ hostFile, text: undefined, chosen: matchHostFile(hostFile, inventory, facts) },
    storage: names.length === 0 ? 'none in the host file' : names.join(', '),
    // Accounts stay as they are, so it does not matter that the file names nobody.
    lost: [],
    warnings: warnings.filter(({ code }) => code !== 'input/no-login').map((one) => one.message),
  };
}

async function derive(
  facts: NetworkFacts,
  inventory: Inventory,
  { root }: Looking,
  isBlank: AdoptOptions['isBlank'],
): Promise<Plan> {
  const { networks, lost } = deriveNetworks(facts);
  const spare = await chooseSpareDisk(inventory.disks, isBlank);
  const text = writeHostFile({
    ...{ networks, lost, spare, disks: inventory.disks },
    system: systemDisks(inventory.disks),
    hostname: await readHostname(root),
    timezone: await readTimeZone(root),
  });
  let hostFile: HostFile;
  try {
    ({ hostFile } = await parseHostFile(text, HOST_FILE, { toolstack: await readToolstack() }));
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    throw new KronosError(
      'host/cannot-adopt-host-file',
      'adopting this host: what it has cannot be said in a host file',
      { hint: `write ${HOST_FILE} and run: kronos-firstboot adopt`, cause: error },
    );
  }
  return {
    ...{ hostFile, text, storage: spare.text, lost, warnings: [] },
    chosen: matchHostFile(hostFile, inventory, facts),
  };
}

/** Copies of everything that a first boot will change, before anything is. */
async function remember(
  what: { facts: NetworkFacts; plan: Plan; boot: BootFacts; taken: Taken },
  looking: Looking,
): Promise<AdoptionRecord> {
  const { facts, plan, boot, taken } = what;
  const { root } = looking;
  const directory = join(root, ADOPTED);
  const changes = planChanges(taken, await readSurroundings(root));
  const former = changes.flatMap(({ path, before }) =>
    before === undefined ? [] : [{ path, before }],
  );
  for (const { path, before } of former)
    await writeFileAtomic(join(directory, 'files', path), before, 0o600);
  // An adoption that was cut may have changed the boot order already.
  const known = await readRecord(directory);
  const record: AdoptionRecord = {
    ...{ format: 'kronos-adopted', version: 1, time: new Date().toISOString() },
    ...{ manager: facts.manager, files: former.map(({ path }) => path) },
    boot: known?.boot.loader === 'grub' ? known.boot : boot.record,
    ...(plan.text === undefined ? {} : { hostFile: digestOf(plan.text) }),
    networkd: await isEnabled('systemd-networkd.service', looking),
  };
  await writeRecord(record, directory);
  return record;
}
