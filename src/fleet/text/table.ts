// A fleet as text of a given width: by state, the failed ones first, with what the others wait for.
import { formatSeconds } from '../../common/format.ts';
import type { FleetStatus, HostDetails, HostStatus } from '../desk.ts';
import { STATES, type HostState } from '../state/record.ts';
import { describeRanges, fill } from './lines.ts';
import {
  describeDoing,
  describeRate,
  describeRollout,
  describeTime,
  isUnderWay,
  keyOf,
  STATE_WORDS,
} from './words.ts';

/** What wants to be read comes first. */
const ORDER: readonly HostState[] = [
  ...(['failed', 'installing', 'first-boot', 'joined', 'armed', 'seen'] as const),
  ...(['unknown', 'ready'] as const),
];

/** The status as lines of at most `width` columns. `brief`: long lists are cut, for a screen. */
export function formatStatus(status: FleetStatus, width: number, brief = false): string {
  const lines = [...fill(`Fleet ${status.name}: rollout ${describeRollout(status)}`, width)];
  if (status.reason !== undefined) lines.push(...fill(status.reason, width, '  '));
  const counts = STATES.filter((state) => status.counts[state] > 0).map(
    (state) => `${status.counts[state]} ${STATE_WORDS[state]}`,
  );
  lines.push(...fill(counts.length === 0 ? 'no hosts' : counts.join(', '), width, '  '));
  for (const state of ORDER) {
    const hosts = status.hosts.filter((host) => host.state === state);
    if (hosts.length === 0) continue;
    lines.push('', `${STATE_WORDS[state]} (${hosts.length})`);
    const body = formatHosts(state, hosts, width);
    const most = brief ? BRIEF_LINES : body.length;
    lines.push(...body.slice(0, most));
    if (body.length > most) lines.push(`  ... ${body.length - most} more lines`);
  }
  return lines.join('\n');
}

/** Lines of a state on a screen. */
const BRIEF_LINES = 12;

function formatHosts(state: HostState, hosts: readonly HostStatus[], width: number): string[] {
  if (state === 'failed') return hosts.flatMap((host) => formatFailed(host, width));
  if (hosts.some(isUnderWay) || ['installing', 'first-boot', 'joined'].includes(state)) {
    return formatWorking(hosts, width);
  }
  return formatWaiting(hosts, width);
}

function formatFailed(host: HostStatus, width: number): string[] {
  const { failure } = host;
  const name = keyOf(host);
  if (failure === undefined) return [`  ${name}`];
  const where = failure.step === undefined ? failure.stage : `${failure.stage}, ${failure.step}`;
  return [
    ...fill(`${name}: ${failure.code}: ${failure.message} (${where})`, width, '  ', '      '),
    ...(failure.hint === undefined ? [] : fill(`hint: ${failure.hint}`, width, '    ', '      ')),
  ];
}

/** A line for each: name, percent, speed, what it does. */
function formatWorking(hosts: readonly HostStatus[], width: number): string[] {
  const longest = Math.max(...hosts.map((host) => keyOf(host).length));
  return hosts.map((host) => {
    const percent = isUnderWay(host) ? `${Math.floor(host.percent ?? 0)} %` : '';
    const line = [
      `  ${keyOf(host).padEnd(longest)}`,
      percent.padStart(5),
      describeRate(host).padStart(10),
      plain(describeDoing(host)),
    ].join('  ');
    return line.slice(0, width).trimEnd();
  });
}

/** Those that wait for the same in one list. */
function formatWaiting(hosts: readonly HostStatus[], width: number): string[] {
  const groups = new Map<string, string[]>();
  for (const host of hosts) {
    const doing = host.waitsFor === undefined ? '' : `waits for ${host.waitsFor}`;
    groups.set(doing, [...(groups.get(doing) ?? []), nameOf(host)]);
  }
  return [...groups].flatMap(([doing, names]) => {
    const list = describeRanges(names).join(', ');
    return doing === ''
      ? fill(list, width, '  ')
      : [...fill(`${doing}:`, width, '  '), ...fill(list, width, '    ')];
  });
}

/** Machines without a name are told by what is written on them. */
function nameOf(host: HostStatus): string {
  if (host.host !== undefined) return host.host;
  const facts = [host.product, host.serial, host.address].filter((fact) => fact !== undefined);
  return facts.length === 0 ? keyOf(host) : `${keyOf(host)} (${facts.join(', ')})`;
}

/** All that is known of a host, its history and the end of its log. */
export function formatDetails({ status, history }: HostDetails, width: number): string {
  const { failure } = status;
  const doing = status.state === 'failed' ? '' : describeDoing(status);
  const lines = [
    ...fill(`${nameOf(status)}: ${STATE_WORDS[status.state]}`, width),
    ...(doing === '' ? [] : fill(doing, width, '  ')),
  ];
  if (status.seconds !== undefined)
    lines.push(`  ${formatSeconds(status.seconds)} since it was armed`);
  if (status.twins > 0) lines.push(...fill(describeTwins(status), width, '  ', '    '));
  lines.push('', 'history');
  if (history.length === 0) lines.push('  nothing has happened yet');
  for (const { time, text } of history) {
    lines.push(...fill(`${describeTime(time)}  ${text}`, width, '  ', ' '.repeat(27)));
  }
  if (failure !== undefined) {
    lines.push('', 'failure', ...formatFailed(status, width));
    if (failure.log.length > 0)
      lines.push('', 'end of its log', ...failure.log.map((line) => `  ${plain(line)}`));
  }
  return lines.join('\n');
}

function describeTwins({ twins, machine = '', host = 'HOST' }: HostStatus): string {
  const who = twins === 1 ? 'another machine has' : `${twins} other machines have`;
  return `${who} its MAC address; if its mainboard was replaced: kronos fleet name ${machine} ${host} --replaced SERIAL`;
}

/** One line of what came from a machine, without what would move a terminal's cursor. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
