// What a rehearsal says to a person.
import { formatBytes, formatSeconds, formatTable } from '../../common/format.ts';
import type { Fleet } from '../file/fleet.ts';
import { RULES } from './check-journal.ts';
import type { Rehearsal } from './rehearse.ts';
import { SPENT, type Spent } from './story.ts';
import type { Reason } from './waits.ts';

/** Of a kind, with their names. */
const SHOWN = 20;

/** What hosts waited for, and what helps where it is most of it. */
interface Delay {
  what: string;
  /** Of all hosts together. */
  seconds: number;
  advice: string;
}

const DELAYS: Readonly<Record<Reason, readonly [what: string, advice: string]>> = {
  start: ['the start of the rollout', 'start it earlier: kronos fleet rollout'],
  pause: ['somebody to resume after failures', 'raise rollout.stopAfter, or mend what fails'],
  window: ['a window of time', 'widen rollout.windows'],
  approval: ['approval', 'somebody has to approve sooner, or rollout.approval can be none'],
  canary: ['the canary', 'the first hosts are waited for by all: that is their purpose'],
  wave: ['hosts of earlier waves', 'make rollout.waves larger'],
  coordinator: ['their coordinator', 'coordinators first: put them into the first waves'],
  'at-once': ['their turn (rollout.atOnce)', 'raise rollout.atOnce'],
  joins: ['others to join (pools.NAME.joins)', 'raise joins of the pools, or make smaller pools'],
  failure: ['somebody to look after a failure', 'lower rollout.silence, and look sooner'],
  server: ['the server to tell them', 'nothing keeps them'],
};

const SPENT_FOR: Readonly<Record<Spent, string>> = {
  firmware: 'firmware',
  download: 'download of the image',
  live: 'start of the live system',
  waiting: 'waiting (below)',
  install: 'installation',
  'first-boot': 'first boot',
  join: 'joining the pool',
  broken: 'failed, until somebody came',
};

/** Delays, the longest first; those that nobody had are left out. */
export function rankDelays({
  operator,
  stories,
}: Pick<Rehearsal, 'operator' | 'stories'>): Delay[] {
  const sum = (of: (story: Rehearsal['stories'][number]) => number): number =>
    stories.reduce((total, story) => total + of(story), 0);
  const delays: Delay[] = [...operator.waits].map(([reason, seconds]) => {
    const [what, advice] = DELAYS[reason];
    return { what, seconds, advice };
  });
  delays.push(
    {
      what: 'the link of the server',
      seconds: sum((story) => story.linkWait),
      advice: 'switch machines on in turns, or serve the tree from several machines (caches)',
    },
    {
      what: 'others at the coordinator',
      seconds: sum((story) => story.joinWait),
      advice: 'lower joins of the pools: a coordinator takes one join after the other',
    },
  );
  return delays.filter(({ seconds }) => seconds >= 1).sort((a, b) => b.seconds - a.seconds);
}

/** The whole text. */
export function describeRehearsal(fleet: Fleet, rehearsal: Rehearsal): string {
  const { operator, seconds, breaches, journal } = rehearsal;
  const { counts } = operator.status;
  const hosts = fleet.hosts.length;
  const rest = hosts - counts.ready;
  const delays = rankDelays(rehearsal);
  const [worst] = delays;
  const outcome = rest === 0 ? 'all are ready' : `${counts.ready} are ready, ${rest} are not`;
  return [
    `The rollout of ${hosts} hosts in ${fleet.pools.length} pools takes ${formatSeconds(seconds)}: ${outcome}.`,
    `At once ${journal.mostAtOnce} of ${fleet.policy.atOnce} were under way, and at most ${journal.mostJoining} on their way into one pool.`,
    `Somebody approved ${operator.approvals}, resumed ${operator.resumes} and retried ${operator.retries} times.`,
    '',
    worst === undefined
      ? 'Nobody waited for anything.'
      : `Bottleneck: ${worst.what}. ${capital(worst.advice)}.`,
    '',
    formatTable([
      ['Hosts waited for', 'hours of all', 'a host'],
      ...delays.map(({ what, seconds: all }) => [what, hours(all), formatSeconds(all / hosts)]),
    ]),
    '',
    formatTable([
      ['Time of a machine', 'hours of all', 'a host'],
      ...SPENT.map((kind) => {
        const all = rehearsal.stories.reduce((sum, story) => sum + story.seconds[kind], 0);
        return [SPENT_FOR[kind], hours(all), formatSeconds(all / hosts)];
      }),
    ]),
    '',
    ...describeFailures(rehearsal),
    ...describeLoad(rehearsal),
    '',
    breaches.length === 0
      ? `Held: ${Object.values(RULES).join('; ')}.`
      : `${breaches.length} BREACHES of what must hold:`,
    ...breaches.slice(0, SHOWN).map(({ rule, text }) => `  ${RULES[rule]}: ${text}`),
  ].join('\n');
}

function describeFailures({ operator, stories }: Rehearsal): string[] {
  if (operator.failures.length === 0) return ['Nothing failed.', ''];
  const kinds = new Map<string, { count: number; hosts: Set<string> }>();
  for (const { stage, step, code, host } of operator.failures) {
    const kind = `${code}  ${stage === 'fleet' ? 'given up by the server' : stage}${step === undefined ? '' : `, step ${step}`}`;
    const known = kinds.get(kind) ?? { count: 0, hosts: new Set() };
    kinds.set(kind, { count: known.count + 1, hosts: known.hosts.add(host) });
  }
  const rows = [...kinds].sort(([, a], [, b]) => b.count - a.count);
  const left = operator.status.hosts.filter(({ state }) => state !== 'ready');
  const befell = stories.flatMap(({ installations }) =>
    installations.filter(({ fate }) => fate !== 'well'),
  );
  return [
    `${befell.length} of ${stories.reduce((sum, one) => sum + one.installations.length, 0)} installations met with something; ${operator.failures.length} failed:`,
    ...rows.map(([kind, { count, hosts }]) => {
      const some = [...hosts].slice(0, 3).join(', ');
      return `  ${String(count).padStart(3)}  ${kind}: ${some}${hosts.size > 3 ? ', ...' : ''}`;
    }),
    ...left
      .slice(0, 10)
      .map(({ host, state, waitsFor, failure }) =>
        `  not ready: ${host ?? ''} ${state} ${failure?.message ?? (waitsFor === undefined ? '' : `waits for ${waitsFor}`)}`.trimEnd(),
      ),
    '',
  ];
}

function describeLoad({
  client,
  link,
  server,
  settings,
  realSeconds,
  seconds,
}: Rehearsal): string[] {
  const { requests, unanswered, bytes, milliseconds } = client;
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1);
  const whole = settings.bootSize + settings.imageSize;
  const real = Math.min(settings.realBytes, whole);
  const full = link.busy === 0 ? 0 : Math.round((100 * link.full) / link.busy);
  return [
    `The link carried ${formatBytes(link.bytes)} to at most ${link.most} machines at once; it was full ${full} % of the ${formatSeconds(link.busy)} in which it was used.`,
    `Of the ${formatBytes(whole)} of each start ${formatBytes(real)} came from the server for real (${formatBytes(bytes)} with all answers); the rest was reckoned from the speed of the link.`,
    `${requests} requests in ${formatSeconds(realSeconds)}: ${Math.round(requests / realSeconds)} a second, half within ${at(0.5)} ms and 99 % within ${at(0.99)} ms; ${unanswered} without an answer. In the rollout itself that is ${(requests / seconds).toFixed(1)} a second.`,
    `The server had at most ${formatBytes(server.memory)} of memory and took ${formatSeconds(server.cpu)} of CPU time.`,
  ];
}

function hours(seconds: number): string {
  return (seconds / 3600).toFixed(1);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The same as data. */
export function summarizeRehearsal(fleet: Fleet, rehearsal: Rehearsal): Record<string, unknown> {
  const { operator, client, journal, settings } = rehearsal;
  const { milliseconds, ...requests } = client;
  const { waits, failures, status, ...person } = operator;
  return {
    ...{ fleet: fleet.name, hosts: fleet.hosts.length, seconds: rehearsal.seconds },
    ...{ realSeconds: rehearsal.realSeconds, counts: status.counts, settings },
    delays: rankDelays(rehearsal).map(({ what, seconds }) => ({ what, seconds })),
    waits: Object.fromEntries(waits),
    ...{ failures, operator: person, link: rehearsal.link, server: rehearsal.server },
    requests: { ...requests, medianMs: median(milliseconds) },
    journal: { ...journal, breaches: undefined },
    breaches: rehearsal.breaches,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
