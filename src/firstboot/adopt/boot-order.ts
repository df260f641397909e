// What GRUB starts: Xen once, then what it started before, until Xen is known to work. Effects on its environment only.
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { exists, readTextOrUndefined } from '../../common/files.ts';
import { list } from '../../host/probe/sysfs.ts';
import {
  findDefault,
  findPath,
  formerDefault,
  isXenEntry,
  parseEnvironment,
  parseMenu,
  readsSavedEntry,
} from './grub.ts';
import type { BootRecord } from './record.ts';
import type { Looking } from './system.ts';

const MENU = '/boot/grub/grub.cfg';
const ENVIRONMENT = '/boot/grub/grubenv';
const SETTINGS = '/etc/default/grub';

/** Ours says that the environment decides; what was before is what the others say. */
const OWN_SETTINGS = 'kronos.cfg';

/** What was read of GRUB. */
export interface BootFacts {
  record: BootRecord;
  /** What will surprise, one phrase each. */
  warnings: string[];
}

/** What GRUB starts and what will start Xen. Changes nothing. Errors: those of node:fs. */
export async function readBootOrder({ root, run }: Looking): Promise<BootFacts> {
  const none = (why: string): BootFacts => ({ record: { loader: 'none', why }, warnings: [why] });
  const menu = await readTextOrUndefined(join(root, MENU));
  if (menu === undefined)
    return none(`there is no ${MENU}: let the boot loader of this host start Xen`);
  const items = parseMenu(menu);
  const xen = findPath(items, isXenEntry);
  if (xen === undefined)
    return none(`no entry of ${MENU} starts Xen: install it, run update-grub and adopt again`);
  const saved = (await readEnvironment(root)).get('saved_entry');
  const wanted = formerDefault(await readSettings(root));
  const candidate = wanted === 'saved' ? (saved ?? '0') : wanted;
  const entry = findDefault(items, candidate);
  const isPlain = entry !== undefined && !isXenEntry(entry);
  const former = isPlain ? candidate : (findPath(items, (item) => !isXenEntry(item)) ?? candidate);
  return {
    record: {
      ...{ loader: 'grub', former, xen },
      ...(saved === undefined ? {} : { saved }),
    },
    warnings: [
      ...(readsSavedEntry(menu)
        ? []
        : [
            `${MENU} does not look at the saved entry: GRUB_DEFAULT=saved and update-grub are missing`,
          ]),
      ...(await warnOfDevice(run)),
    ],
  };
}

/** Texts of /etc/default/grub and the files beside it that grub-mkconfig reads after it. */
async function readSettings(root: string): Promise<string[]> {
  const names = (await list(join(root, `${SETTINGS}.d`))).filter(
    (name) => name.endsWith('.cfg') && name !== OWN_SETTINGS,
  );
  const paths = [SETTINGS, ...names.map((name) => `${SETTINGS}.d/${name}`)];
  const texts = await Promise.all(paths.map((path) => readTextOrUndefined(join(root, path))));
  return texts.filter((text) => text !== undefined);
}

/** GRUB writes its environment to plain partitions only: elsewhere what is started once is started again. */
async function warnOfDevice(run: Looking['run']): Promise<string[]> {
  const probe = (target: string): Promise<string> =>
    run(['grub-probe', `--target=${target}`, '/boot/grub']).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
  const what = await probe('abstraction');
  const kind = await probe('fs');
  const reason = what !== '' ? what : ['btrfs', 'zfs'].includes(kind) ? kind : '';
  if (reason === '') return [];
  return [
    `/boot/grub is on ${reason}, where GRUB cannot note that Xen was tried: if Xen does not come up, choose the former entry in its menu`,
  ];
}

/** The next start is Xen, those after it what was before. Errors: `host/boot-order`. */
export async function startXenOnce(
  { former, xen }: Extract<BootRecord, { loader: 'grub' }>,
  looking: Looking,
): Promise<void> {
  await setEnvironment([`saved_entry=${former}`, `next_entry=${xen}`], looking);
}

/** Xen is what is started from now on. Errors: `host/boot-order`. */
export async function startXenAlways(
  { xen }: Extract<BootRecord, { loader: 'grub' }>,
  looking: Looking,
): Promise<void> {
  await setEnvironment([`saved_entry=${xen}`], looking);
  await forgetNext(looking);
}

/** Whether something is to be started once. Errors: those of node:fs. */
export async function isXenNext({ root }: Pick<Looking, 'root'>): Promise<boolean> {
  return ((await readEnvironment(root)).get('next_entry') ?? '') !== '';
}

/** What was to be started once has been. Errors: `host/boot-order`. */
export async function forgetNext(looking: Looking): Promise<void> {
  await unsetEnvironment(['next_entry'], looking);
}

async function readEnvironment(root: string): Promise<Map<string, string>> {
  return parseEnvironment((await readTextOrUndefined(join(root, ENVIRONMENT))) ?? '');
}

/** What was started before is started again. Errors: `host/boot-order`. */
export async function restoreBootOrder(
  { saved }: Extract<BootRecord, { loader: 'grub' }>,
  looking: Looking,
): Promise<void> {
  if (!(await exists(join(looking.root, ENVIRONMENT)))) return;
  if (saved !== undefined) await setEnvironment([`saved_entry=${saved}`], looking);
  await unsetEnvironment(
    saved === undefined ? ['saved_entry', 'next_entry'] : ['next_entry'],
    looking,
  );
}

async function setEnvironment(words: readonly string[], looking: Looking): Promise<void> {
  await edit(['set', ...words], looking);
}

async function unsetEnvironment(words: readonly string[], looking: Looking): Promise<void> {
  await edit(['unset', ...words], looking);
}

async function edit(words: readonly string[], { root, run }: Looking): Promise<void> {
  const path = join(root, ENVIRONMENT);
  try {
    if (!(await exists(path))) await run(['grub-editenv', path, 'create']);
    await run(['grub-editenv', path, ...words]);
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    throw new KronosError('host/boot-order', `changing what GRUB starts: ${path} was not written`, {
      hint: 'make /boot writable (mount -o remount,rw /boot), then: kronos-firstboot adopt',
      cause: error,
    });
  }
}

/** Whether GRUB is to start Xen at the next start, or always. Errors: those of node:fs. */
export async function whatStarts(
  record: BootRecord,
  { root }: Pick<Looking, 'root'>,
): Promise<'xen' | 'xen-once' | 'former' | 'unknown'> {
  if (record.loader === 'none') return 'unknown';
  const values = await readEnvironment(root);
  if (values.get('saved_entry') === record.xen) return 'xen';
  return values.get('next_entry') === record.xen ? 'xen-once' : 'former';
}
