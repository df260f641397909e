// npm run bench:fleet [-- --hosts N]: rollouts of simulated machines against real servers that are killed on the way, and
// what it takes to decide for ten times as many.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatSeconds, formatTable } from '../src/common/format.ts';
import { ensureCertificate } from '../src/fleet/certificate.ts';
import { describeRehearsal } from '../src/fleet/rehearse/describe.ts';
import type { Rehearsal } from '../src/fleet/rehearse/rehearse.ts';
import { rehearseFleet, type RunOptions } from '../src/fleet/rehearse/run.ts';
import { DEFAULT_SETTINGS } from '../src/fleet/rehearse/settings.ts';
import { openXapiPools } from '../test/fleet/rehearse/xapi-coordinator.ts';
import { startPostgres } from '../test/fleet/store/postgres-server.ts';
import { decideAll } from './fleet-decide.ts';
import { openTwoServers } from './fleet-pair.ts';

/** Bytes: what a server may need for 1,000 hosts. */
const MEMORY = 200e6;

/** Seconds for all decisions of the large fleet. */
const DECIDING = 60;

interface Bar {
  text: string;
  measured: string;
  limit: string;
  holds: boolean;
}

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1000' },
    planned: { type: 'string', default: '10000' },
    failures: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});

/** Events about progress come every five seconds here, not every second: they are the same, and only cost time. */
const SETTINGS = { ...DEFAULT_SETTINGS, failures: Number(values.failures) / 100, progress: 5 };

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function rollOut(
  title: string,
  directory: string,
  more: Partial<RunOptions>,
): Promise<Bar[]> {
  say(title);
  const pools = openXapiPools(
    await mkdtemp(join(directory, 'p')),
    await ensureCertificate(directory, 'pools'),
    'rehearsal',
  );
  let told = performance.now();
  try {
    const { fleet, rehearsal } = await rehearseFleet({
      ...{ fleet: { hosts: Number(values.hosts) }, settings: SETTINGS, strikes: [0.5] },
      signal: new AbortController().signal,
      coordinator: pools.coordinator,
      onStatus: ({ counts, rollout }, seconds) => {
        if (performance.now() - told < 10_000) return;
        told = performance.now();
        say(`  ${formatSeconds(seconds)}, ${rollout}: ${JSON.stringify(counts)}`);
      },
      ...more,
    });
    process.stdout.write(`${title}\n\n${describeRehearsal(fleet, rehearsal)}\n\n`);
    const members = Object.values(pools.members()).reduce((sum, count) => sum + count, 0);
    return [
      ...barsOf(title, rehearsal),
      {
        ...{ text: `${title}: hosts in pools of simulated XenAPI servers`, measured: `${members}` },
        ...{ limit: `at least ${values.hosts}`, holds: members >= Number(values.hosts) },
      },
    ];
  } finally {
    await pools.close();
  }
}

function barsOf(title: string, { breaches, server, strikes, operator }: Rehearsal): Bar[] {
  const count = (...rules: string[]): number =>
    breaches.filter(({ rule }) => rules.includes(rule)).length;
  const none = (text: string, found: number): Bar => ({
    ...{ text: `${title}: ${text}`, measured: String(found), limit: '0', holds: found === 0 },
  });
  const hosts = Number(values.hosts);
  const { ready } = operator.status.counts;
  return [
    none('hosts lost', count('lost')),
    none('hosts installed twice', count('twice', 'once')),
    none('members before their coordinator', count('order')),
    none('limits exceeded', count('atOnce', 'joins')),
    none('begun before canary or approval', count('canary', 'held')),
    {
      ...{ text: `${title}: servers killed`, measured: String(strikes), limit: '1' },
      holds: strikes === 1,
    },
    {
      ...{ text: `${title}: hosts ready in the end`, measured: String(ready) },
      ...{ limit: String(hosts), holds: ready === hosts },
    },
    {
      ...{
        text: `${title}: memory of a server`,
        measured: `${(server.memory / 1e6).toFixed(0)} MB`,
      },
      ...{ limit: `${MEMORY / 1e6} MB`, holds: server.memory < MEMORY },
    },
  ];
}

async function twoServers(directory: string): Promise<Bar[]> {
  const postgres = await startPostgres();
  try {
    return await rollOut('two servers on PostgreSQL, one killed', directory, {
      open: (order, clock) => openTwoServers({ ...order, database: postgres.url }, clock),
    });
  } finally {
    await postgres.stop();
  }
}

async function decideForMany(): Promise<Bar[]> {
  const hosts = Number(values.planned);
  say(`${hosts} hosts decided`);
  const { seconds, decisions, rounds, slowest, ready } = await decideAll(hosts);
  const title = `${hosts} hosts decided`;
  process.stdout.write(
    `${title}: ${formatSeconds(seconds)} of a processor for ${decisions} entries in ${rounds} rounds, ${(slowest * 1000).toFixed(0)} ms at the most for one decision; ${ready} ready\n\n`,
  );
  return [
    {
      ...{ text: `${title}: all decisions`, measured: formatSeconds(seconds) },
      ...{ limit: formatSeconds(DECIDING), holds: seconds < DECIDING && ready === hosts },
    },
  ];
}

const directory = await mkdtemp(join(tmpdir(), 'kb-'));
try {
  const parts: Record<string, () => Promise<Bar[]>> = {
    one: () => rollOut('one server, killed and started again', directory, {}),
    two: () => twoServers(directory),
    many: decideForMany,
  };
  const bars: Bar[] = [];
  for (const [name, part] of Object.entries(parts))
    if (values.only === undefined || values.only === name) bars.push(...(await part()));
  const rows = bars.map(({ text, measured, limit, holds }) => [
    ...[text, measured, limit, holds ? 'holds' : 'falls short'],
  ]);
  process.stdout.write(`${formatTable([['bar', 'measured', 'limit', ''], ...rows])}\n`);
  process.exitCode = bars.every(({ holds }) => holds) ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
