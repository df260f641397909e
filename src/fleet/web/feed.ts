// What all viewers see: worked out once for all of them, and known by version so that each gets only what it lacks.
import { randomBytes } from 'node:crypto';
import type { Desk, FleetStatus, HostStatus } from '../desk.ts';
import type { StatusChange } from './schema.ts';
import type { Render } from './templates.ts';
import {
  attributesOf,
  groupOf,
  GROUPINGS,
  viewGroup,
  viewHost,
  viewOverview,
  type Grouping,
  type RowAttributes,
} from './view.ts';
import { keyOf } from '../text/words.ts';

interface Part {
  html: string;
  /** Version of the feed at which it last changed. */
  version: number;
}

export interface Row {
  host: HostStatus;
  attributes: RowAttributes;
  /** What is compared. */
  mark: string;
  version: number;
  /** The cells as HTML, made when somebody first needs them. */
  cells: () => string;
}

/** What the page's stream carries; parts that did not change are left out. */
interface PageFrame {
  overview?: string;
  rows: (RowAttributes & { cells: string })[];
  /** Heads of groups, by grouping and key. */
  groups: Record<Grouping, Record<string, string>>;
  /** All rows that there are, where some went away. */
  keys?: string[];
}

export interface Feed {
  /** Looks at the desk; what changed since the last time, undefined where nothing did. */
  refresh: () => StatusChange | undefined;
  status: () => FleetStatus;
  rows: () => ReadonlyMap<string, Row>;
  overview: () => string;
  heads: (by: Grouping) => ReadonlyMap<string, { html: string }>;
  /** Names this version: `EPOCH.NUMBER`. */
  version: () => string;
  /** What a page of that version lacks, as JSON. A page of another server, or of none, gets all. */
  frameSince: (version: string) => string;
}

/** A feed of a desk. It is looked at only in `refresh`. */
export function createFeed(desk: Desk, render: Render): Feed {
  const epoch = randomBytes(6).toString('hex');
  let version = 0;
  let lastGone = 0;
  let status = desk.status();
  let rows = new Map<string, Row>();
  let fleetMark = '';
  let overview: Part | undefined;
  let rendered = 0;
  const heads: Record<Grouping, Map<string, Part>> = { rack: new Map(), pool: new Map() };

  const refresh = (): StatusChange | undefined => {
    status = desk.status();
    const next = new Map<string, Row>();
    const changed: HostStatus[] = [];
    for (const host of status.hosts) {
      const key = keyOf(host);
      const mark = markOf(host);
      const known = rows.get(key);
      if (known?.mark === mark) {
        next.set(key, known);
        continue;
      }
      changed.push(host);
      next.set(key, makeRow(host, mark, version + 1, render));
    }
    const gone = [...rows.keys()].filter((key) => !next.has(key));
    const { hosts: _hosts, time: _time, ...rest } = status;
    const mark = JSON.stringify(rest);
    if (changed.length === 0 && gone.length === 0 && mark === fleetMark) return undefined;
    version += 1;
    if (gone.length > 0) lastGone = version;
    rows = next;
    fleetMark = mark;
    return { ...status, counts: { ...status.counts }, hosts: changed.map(copyHost), gone };
  };

  /** HTML that all pages share, only where there are pages. */
  const renderShared = (): Part => {
    if (overview !== undefined && rendered === version) return overview;
    rendered = version;
    const html = render('overview', viewOverview(status));
    if (overview?.html !== html) overview = { html, version };
    for (const by of GROUPINGS) {
      const members = groupHosts(status.hosts, by);
      for (const [key, hosts] of members) {
        const html = render('group-head', viewGroup(key, by, hosts));
        if (heads[by].get(key)?.html !== html) heads[by].set(key, { html, version });
      }
      for (const key of heads[by].keys()) if (!members.has(key)) heads[by].delete(key);
    }
    return overview;
  };

  const frameSince = (since: string): string => {
    const [from, number = ''] = since.split('.');
    const known = from === epoch && /^\d{1,15}$/.test(number) ? Number(number) : -1;
    const shared = renderShared();
    const changedHeads = (by: Grouping): Record<string, string> =>
      Object.fromEntries(
        [...heads[by]]
          .filter(([, head]) => head.version > known)
          .map(([key, { html }]) => [key, html]),
      );
    const frame: PageFrame = {
      ...(shared.version > known ? { overview: shared.html } : {}),
      rows: [...rows.values()]
        .filter((row) => row.version > known)
        .map((row) => ({ ...row.attributes, cells: row.cells() })),
      groups: { rack: changedHeads('rack'), pool: changedHeads('pool') },
      ...(lastGone > known ? { keys: [...rows.keys()] } : {}),
    };
    return JSON.stringify(frame);
  };

  refresh();
  return {
    refresh,
    status: () => status,
    rows: () => rows,
    overview: () => renderShared().html,
    heads: (by) => (renderShared(), heads[by]),
    version: () => `${epoch}.${version}`,
    frameSince,
  };
}

function groupHosts(hosts: readonly HostStatus[], by: Grouping): Map<string, HostStatus[]> {
  const groups = new Map<string, HostStatus[]>();
  for (const host of hosts) {
    const key = groupOf(host, by);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [host]);
    else members.push(host);
  }
  return groups;
}

function makeRow(host: HostStatus, mark: string, version: number, render: Render): Row {
  let html: string | undefined;
  return {
    ...{ host, mark, version, attributes: attributesOf(host) },
    cells: () => (html ??= render('row', viewHost(host))),
  };
}

/** Clocks that run on are no change: whole percents and minutes are enough to look at. */
function markOf(host: HostStatus): string {
  const { updated: _updated, seconds, percent, ...rest } = host;
  return JSON.stringify([
    rest,
    seconds === undefined ? 0 : Math.floor(seconds / 60),
    percent === undefined ? 0 : Math.floor(percent),
  ]);
}

/** The schema's arrays can be written to, those of the desk cannot. */
function copyHost(host: HostStatus): StatusChange['hosts'][number] {
  const { failure } = host;
  return {
    ...host,
    groups: [...host.groups],
    failure: failure === undefined ? undefined : { ...failure, log: [...failure.log] },
  };
}
