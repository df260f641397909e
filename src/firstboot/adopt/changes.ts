// Which files take interfaces out of the hands of those who configured them so far. Pure: handover.ts writes them.
import { removeInterfaces } from './ifupdown.ts';
import { removeFromNetplan } from './netplan.ts';
import { unmanagedText } from './network-manager.ts';
import { isOnlyOf } from './networkd.ts';
import type { ConfigFiles } from './read-config.ts';

/** A file as it was and as it becomes; undefined: not there. */
export interface FileChange {
  path: string;
  before: string | undefined;
  after: string | undefined;
}

/** What is taken over. */
export interface Taken {
  cards: readonly { name: string; mac: string }[];
  /** Bonds and VLANs of the kernel, those above first. */
  virtual: readonly string[];
}

/** What else is on the host. */
export interface Surroundings {
  files: ConfigFiles;
  /** NetworkManager runs. */
  networkManager: boolean;
  /** cloud-init is there: it may write the network anew. */
  cloudInit: boolean;
}

const REMARK = 'kronos-firstboot';
const NETWORK_MANAGER = '/etc/NetworkManager/conf.d/90-kronos.conf';
const CLOUD_INIT = '/etc/cloud/cloud.cfg.d/99-kronos-network.cfg';

/** Interfaces of Open vSwitch and of guests, which nobody else may configure either. */
const OURS = ['xenbr*', 'vif*', 'tap*'];

/**
 * All changes; none where nobody configures the interfaces. Files below /run and /usr are made by others again, so they stay.
 * Errors: those of loadYaml.
 */
export function planChanges(taken: Taken, around: Surroundings): FileChange[] {
  const { files } = around;
  const names = new Set([...taken.cards.map(({ name }) => name), ...taken.virtual]);
  const macs = new Set(taken.cards.map(({ mac }) => mac.toLowerCase()));
  const list = [...names].join(', ');
  const remark = `${REMARK}: ports of Open vSwitch now: ${list}; kronos-firstboot release gives them back`;
  const known = [...taken.cards, ...taken.virtual.map((name) => ({ name, mac: '' }))];
  const own = ({ path }: { path: string }): boolean => path.startsWith('/etc/');
  return [
    ...files.ifupdown.filter(own).flatMap((file) => {
      const after = removeInterfaces(file, names, remark);
      return after === undefined ? [] : [change(file, after)];
    }),
    ...files.networkd
      .filter((file) => own(file) && !/\/\d\d-kronos-/.test(file.path))
      .filter((file) => isOnlyOf(file, { names, macs }))
      .map((file) => change(file, undefined)),
    ...files.netplan.filter(own).flatMap((file) => {
      const after = removeFromNetplan(file, known, remark);
      return after === undefined ? [] : [change(file, after === '' ? undefined : after)];
    }),
    ...(around.networkManager
      ? [fresh(NETWORK_MANAGER, unmanagedText([...names, ...OURS], remark))]
      : []),
    ...(around.cloudInit
      ? [fresh(CLOUD_INIT, `# ${remark}\nnetwork: { config: disabled }\n`)]
      : []),
  ];
}

function change(
  { path, text }: { path: string; text: string },
  after: string | undefined,
): FileChange {
  return { path, before: text, after };
}

function fresh(path: string, after: string): FileChange {
  return { path, before: undefined, after };
}
