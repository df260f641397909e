// What the templates of the page show of a host and of the rollout. Texts are as they came: templates escape them.
import type { FleetStatus, HostStatus, OperatorAction } from '../desk.ts';
import { STATES, type HostState } from '../state/record.ts';
import { questionOf, waveName } from './action.ts';
import {
  describeDoing,
  describeMinutes,
  describePool,
  describeRate,
  describeRollout,
  isUnderWay,
  keyOf,
  rackOf,
  STATE_WORDS,
} from '../text/words.ts';

/** A button of the page: the action as JSON, and what is asked before. */
interface ButtonView {
  label: string;
  /** For screen readers, where the label alone does not say for what. */
  full: string;
  value: string;
  question: { title: string; text: string; button: string } | undefined;
  /** What probably comes next. */
  first: boolean;
}

/** By what a row is found and filtered. */
export interface RowAttributes {
  key: string;
  state: HostState;
  rack: string;
  pool: string;
  /** What the text filter looks at, in small letters. */
  text: string;
}

export function attributesOf(host: HostStatus): RowAttributes {
  const { machine, serial, product, address, rack, pool, failure } = host;
  const words = [host.host, machine, serial, product, address, rack, pool, failure?.code];
  return {
    key: keyOf(host),
    state: host.state,
    rack: rackOf(host),
    pool: pool ?? '',
    text: [...words.filter((word) => word !== undefined), ...host.groups].join(' ').toLowerCase(),
  };
}

/** The view of template `row`, and of the head of template `host`. */
export function viewHost(host: HostStatus) {
  const key = keyOf(host);
  const { failure, machine } = host;
  const named = host.host !== undefined;
  return {
    key,
    href: `/hosts/${encodeURIComponent(key)}`,
    state: host.state,
    label: STATE_WORDS[host.state],
    named,
    hardware: [host.product, host.serial].filter((word) => word !== undefined).join(', '),
    address: host.address ?? '',
    machine: machine ?? '',
    twins: host.twins === 0 ? '' : describeTwins(host.twins),
    replaced:
      host.twins === 0 || !named || machine === undefined
        ? ''
        : `kronos fleet name ${machine} ${key} --replaced SERIAL`,
    doing: host.state === 'failed' ? '' : describeDoing(host),
    waits: host.waitsFor !== undefined,
    bar: isUnderWay(host) ? { percent: Math.floor(host.percent ?? 0), key } : undefined,
    rate: isUnderWay(host) ? describeRate(host) : '',
    pool: describePool(host),
    rack: host.rack ?? '',
    wave: host.wave === undefined ? '' : waveName(host.wave),
    attempt: host.attempt,
    time: describeMinutes(host.seconds),
    groups: host.groups.join(', '),
    failure:
      failure === undefined
        ? undefined
        : {
            key,
            code: failure.code,
            message: failure.message,
            where: [failure.stage, failure.step].filter((word) => word !== undefined).join(', '),
            hint: failure.hint ?? '',
            // `log` is the name of a helper.
            tail: failure.log.join('\n'),
            lines: failure.log.length,
          },
    retry: host.state === 'failed' ? retryButton('Retry', key, false) : undefined,
    reinstall: host.state === 'ready' ? retryButton('Reinstall', key, true) : undefined,
    naming: named || machine === undefined ? undefined : nameButton(machine),
  };
}

function describeTwins(twins: number): string {
  return twins === 1
    ? 'another machine has the same MAC address'
    : `${twins} other machines have the same MAC address`;
}

function retryButton(label: string, host: string, reinstall: boolean): ButtonView {
  const action: OperatorAction = {
    do: 'retry',
    hosts: [host],
    ...(reinstall ? { reinstall } : {}),
  };
  return button(label, `${label} ${host}`, action);
}

/** The host is typed beside it; the script and the server put it in. */
function nameButton(machine: string): ButtonView {
  return button('Name', `Name ${machine}`, { do: 'name', machine, host: '{host}' });
}

function button(label: string, full: string, action: OperatorAction): ButtonView {
  const first = ['start', 'approve', 'resume'].includes(action.do);
  return { label, full, value: JSON.stringify(action), question: questionOf(action), first };
}

/** The order of the bar: what is done comes first. */
const BAR_ORDER: readonly HostState[] = [
  ...([
    'ready',
    'joined',
    'first-boot',
    'installing',
    'armed',
    'seen',
    'unknown',
    'failed',
  ] as const),
];

/** Units of the bar's whole width. */
const BAR_WIDTH = 1000;

/** The view of template `overview`. */
export function viewOverview(status: FleetStatus) {
  const total = status.hosts.length;
  let x = 0;
  const segments = BAR_ORDER.flatMap((state) => {
    const width = total === 0 ? 0 : (status.counts[state] / total) * BAR_WIDTH;
    const segment = { state, x: x.toFixed(2), width: width.toFixed(2) };
    x += width;
    return width === 0 ? [] : [segment];
  });
  return {
    name: status.name,
    rollout: status.rollout,
    label: describeRollout(status),
    reason: status.reason ?? '',
    total,
    ready: status.counts.ready,
    segments,
    chips: STATES.map((state) => ({
      state,
      label: STATE_WORDS[state],
      count: status.counts[state],
      none: status.counts[state] === 0,
    })),
    ...viewButtons(status),
  };
}

function viewButtons(status: FleetStatus) {
  const { rollout, approvable } = status;
  const failed = status.hosts.filter(({ state }) => state === 'failed').map(keyOf);
  const buttons: ButtonView[] = [];
  if (rollout === 'not-started') {
    buttons.push(button('Start', 'Start the rollout', { do: 'start' }));
  }
  if (rollout === 'paused') {
    buttons.push(button('Resume', 'Resume the rollout', { do: 'resume' }));
  }
  if (approvable !== undefined) {
    const label = `Approve ${waveName(approvable)}`;
    buttons.push(button(label, label, { do: 'approve', wave: approvable }));
  }
  if (failed.length > 1) {
    const label = `Retry ${failed.length} failed`;
    buttons.push(button(label, `${label} hosts`, { do: 'retry', hosts: failed }));
  }
  const pausable = !['not-started', 'paused', 'done'].includes(rollout);
  const pause = pausable ? button('Pause', 'Pause the rollout', { do: 'pause' }) : undefined;
  return { buttons, pause };
}

export const GROUPINGS = ['rack', 'pool'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Group of the machines without a name; no rack and no pool is called like that. */
export const UNNAMED = ':unnamed';

export function groupOf(host: HostStatus, by: Grouping): string {
  if (host.host === undefined) return UNNAMED;
  return by === 'rack' ? rackOf(host) : (host.pool ?? '');
}

/** The view of template `group-head`. */
export function viewGroup(key: string, by: Grouping, hosts: readonly HostStatus[]) {
  const title =
    key === UNNAMED
      ? 'Machines without a name'
      : key === ''
        ? `In no ${by}`
        : `${by === 'rack' ? 'Rack' : 'Pool'} ${key}`;
  const what = key === UNNAMED ? 'machine' : 'host';
  return {
    title,
    total: `${hosts.length} ${what}${hosts.length === 1 ? '' : 's'}`,
    tally: STATES.map((state) => ({
      state,
      label: STATE_WORDS[state],
      count: hosts.filter((host) => host.state === state).length,
    })).filter(({ count }) => count > 0),
  };
}
