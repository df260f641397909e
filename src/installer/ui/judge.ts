// Answers held against the machine: the host file, the plan, and every mistake with the page whose question it belongs to.
import { KronosError, KronosErrors } from '../../common/error.ts';
import { loadYaml } from '../../common/yaml.ts';
import { contentOf } from '../../host/select/clauses.ts';
import type { Disk } from '../../host/inventory.ts';
import { resolveHostFile } from '../../host/read.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { factsOf } from '../../host/variables.ts';
import { disksOf, planInstall, requireApproved, type InstallPlan } from '../plan/plan.ts';
import { composeAnswers } from './answers.ts';
import { findDisks } from './selectors.ts';
import type { FlowState, PageId } from './state.ts';

/** A mistake or a warning, and where it can be mended. */
interface Finding {
  page: PageId;
  error: KronosError;
}

export interface Judgement {
  text: string;
  hostFile?: HostFile;
  plan?: InstallPlan;
  problems: readonly Finding[];
  warnings: readonly Finding[];
}

/** The page that asks for a key at the top of a host file. */
const KEYS: Readonly<Record<string, PageId>> = {
  keymap: 'keymap',
  disks: 'system',
  network: 'network',
  hostname: 'hostname',
  timezone: 'timezone',
  root: 'login',
  storage: 'storage',
};

const NAME = 'answers';

/** The host file of the answers as it is now, checked like any other, and planned. Never throws what is a mistake. */
export function judgeAnswers(state: FlowState): Judgement {
  let text = '';
  try {
    if (state.preset !== undefined) {
      const { preset } = state;
      text = preset.text;
      const plan = planOf(preset.hostFile, state);
      requireApproved(plan, preset.hostFile);
      return { text, hostFile: preset.hostFile, plan, problems: [], warnings: [] };
    }
    text = composeAnswers(state.answers, state.world.inventory);
    const { hostFile, warnings } = readAnswers(text, state);
    const found = { text, hostFile, warnings: warnings.map((error) => place(error, text)) };
    try {
      return { ...found, plan: planOf(hostFile, state), problems: [] };
    } catch (error) {
      return { ...found, problems: placeAll(error, text) };
    }
  } catch (error) {
    return { text, problems: placeAll(error, text), warnings: [] };
  }
}

function readAnswers(
  text: string,
  { world, answers }: FlowState,
): { hostFile: HostFile; warnings: readonly KronosError[] } {
  const { inventory, image } = world;
  const card = inventory.interfaces.find(({ name }) => name === answers.card);
  return resolveHostFile(loadYaml(text, NAME), {
    facts: factsOf(inventory, card?.mac),
    toolstack: image.toolstack,
  });
}

function planOf(hostFile: HostFile, { world, answers, preset }: FlowState): InstallPlan {
  return planInstall(hostFile, world.inventory, world.image, preset?.mode ?? answers.mode);
}

function placeAll(error: unknown, text: string): Finding[] {
  if (!(error instanceof KronosError)) throw error;
  const all = error instanceof KronosErrors ? error.errors : [error];
  return all.map((one) => place(one, text));
}

/** By the line of the text that an error names, or by what it is about. */
function place(error: KronosError, text: string): Finding {
  const line = error.location?.line;
  if (line !== undefined) {
    const above = text.split('\n').slice(0, line);
    const key = above.findLast((one) => /^[a-z]/i.test(one))?.replace(/:.*$/, '') ?? '';
    return { page: KEYS[key] ?? 'summary', error: withoutPlace(error) };
  }
  return { page: pageOf(error), error };
}

function pageOf({ code, message }: KronosError): PageId {
  if (/disks\.storage/.test(message)) return 'storage';
  if (/disk|mirror|bios-reach|partition/.test(code)) return 'system';
  if (/network-card|interface|link/.test(code)) return 'card';
  if (/memory|toolstack/.test(code)) return 'welcome';
  return 'summary';
}

/** Nobody sees the file that the answers make; a line of it would only confuse. */
function withoutPlace({ code, message, hint }: KronosError): KronosError {
  return new KronosError(code, message, { hint });
}

/** The disks of the answers, or of the host file that was found, that something is on. */
export function fullDisks(state: FlowState): Disk[] {
  const { inventory } = state.world;
  const { answers, preset } = state;
  if (preset !== undefined) {
    const plan = judgeAnswers(state).plan;
    const kept = preset.mode === 'reinstall' ? (plan?.system.disks ?? []) : [];
    const names = (plan === undefined ? [] : disksOf(plan))
      .filter((disk) => !kept.includes(disk))
      .map(({ name }) => name);
    return findDisks(names, inventory).filter((disk) => contentOf(disk) !== 'empty');
  }
  const names = [...(answers.mode === 'reinstall' ? [] : answers.system), ...answers.storage];
  return findDisks(names, inventory).filter((disk) => contentOf(disk) !== 'empty');
}

/** What a typed confirmation is good for: this disk with what is on it now. */
export function eraseKey({ name, size, serial, wwn, contents }: Disk): string {
  return JSON.stringify([name, size, serial, wwn, contents]);
}

/** The disks whose end nobody has typed yet. */
export function unconfirmedDisks(state: FlowState): Disk[] {
  return fullDisks(state).filter((disk) => !state.answers.erase.includes(eraseKey(disk)));
}
