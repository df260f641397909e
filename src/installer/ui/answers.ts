// What a person answered, and the host file that follows from it: the same document that an unattended run starts from.
import { dump } from 'js-yaml';
import type { Inventory } from '../../host/inventory.ts';
import { splitWords } from '../../host/questions.ts';
import { contentOf } from '../../host/select/clauses.ts';
import type { InstallMode } from '../plan/plan.ts';
import { findDisks, matchCard, matchDisks } from './selectors.ts';

export interface Answers {
  mode: InstallMode;
  keymap: string;
  /** Names of disks in the inventory; two are mirrored. */
  system: readonly string[];
  storage: readonly string[];
  /** Disks whose end was typed, by `eraseKey`. */
  erase: readonly string[];
  /** Name of the network card. */
  card: string;
  method: 'dhcp' | 'static';
  /** Texts as they were typed. */
  address: string;
  gateway: string;
  dns: string;
  vlan: string;
  hostname: string;
  timezone: string;
  /** Of root; the password itself is kept nowhere. */
  passwordHash: string;
  sshKey: string;
}

/** Nothing answered yet: what is taken unless something else is said. */
export function firstAnswers(inventory: Inventory): Answers {
  const cards = inventory.interfaces;
  return {
    ...{ mode: 'install', keymap: 'us', system: [], storage: [], erase: [] },
    card: (cards.find(({ link }) => link === true) ?? cards[0])?.name ?? '',
    ...{ method: 'dhcp', address: '', gateway: '', dns: '', vlan: '' },
    ...{ hostname: '', timezone: 'Etc/UTC', passwordHash: '', sshKey: '' },
  };
}

/** Stands in a host file until the host has a name. */
export const UNNAMED = 'kronos';

/**
 * The text of the host file. It says `existing: erase` where something is on a chosen disk: whether that was confirmed
 * is the business of the pages.
 * Errors: those of matchDisks and matchCard.
 */
export function composeAnswers(answers: Answers, inventory: Inventory): string {
  const { keymap, timezone, hostname, storage } = answers;
  const document = {
    version: 1,
    hostname: hostname === '' ? UNNAMED : hostname,
    keymap,
    timezone,
    root: login(answers),
    disks: {
      system: {
        ...selectorOf(answers.system, inventory),
        ...(answers.system.length === 2 ? { raid: 1 } : {}),
      },
      ...(storage.length === 0
        ? {}
        : { storage: [{ name: 'data', ...selectorOf(storage, inventory) }] }),
    },
    network: { management: management(answers, inventory) },
    storage: [
      { type: 'lvm', name: 'local', disks: ['system'], default: true },
      ...(storage.length === 0 ? [] : [{ type: 'lvm', name: 'data', disks: ['data'] }]),
    ],
  };
  return `# Host file of Kronos, from the answers given on the screen. It holds a password hash.\n${dump(literal(document), { lineWidth: -1, noRefs: true })}`;
}

function selectorOf(names: readonly string[], inventory: Inventory): object {
  const full = findDisks(names, inventory).some((disk) => contentOf(disk) !== 'empty');
  return {
    match: matchDisks(names, inventory),
    ...(names.length === 1 ? {} : { count: names.length }),
    ...(full ? { existing: 'erase' } : {}),
  };
}

function login({ passwordHash, sshKey }: Answers): object {
  return {
    ...(passwordHash === '' ? {} : { passwordHash }),
    ...(sshKey === '' ? {} : { sshKeys: [sshKey] }),
  };
}

function management(answers: Answers, inventory: Inventory): object {
  const { card, method, address, gateway, dns, vlan } = answers;
  const servers = splitWords(dns);
  return {
    interface: { match: matchCard(card, inventory) },
    ...(vlan === '' ? {} : { vlan: Number(vlan) }),
    ...(method === 'dhcp' ? { ipv4: { mode: 'dhcp' } } : fixedAddress(address, gateway)),
    ...(method === 'dhcp' || servers.length === 0 ? {} : { dns: servers }),
  };
}

function fixedAddress(address: string, gateway: string): object {
  const fixed = { mode: 'static', address, ...(gateway === '' ? {} : { gateway }) };
  return address.includes(':') ? { ipv4: { mode: 'none' }, ipv6: fixed } : { ipv4: fixed };
}

/** Texts as they are typed: only in the host name `${serial}` and the like stand for something. */
function literal(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return key === 'hostname' ? value : value.replaceAll('${', '$$${');
  if (Array.isArray(value)) return value.map((item) => literal(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, literal(inner, name)]),
  );
}
