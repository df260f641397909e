// The pages: what the templates show to whom.
import type { FleetStatus, HostDetails, OperatorAction } from '../desk.ts';
import { STATES, type HostState } from '../state/record.ts';
import { questionOf } from './action.ts';
import type { Assets } from './assets.ts';
import type { Feed, Row } from './feed.ts';
import type { Render } from './templates.ts';
import { groupOf, GROUPINGS, UNNAMED, viewHost, type Grouping } from './view.ts';
import { describeTime, rackOf, STATE_WORDS } from '../text/words.ts';

/** What part of the list is shown; empty: no matter. */
interface Filter {
  state: HostState | '';
  pool: string;
  rack: string;
  text: string;
  by: Grouping;
}

/** The filter that a query asks for. */
export function readFilter(query: URLSearchParams): Filter {
  const state = query.get('state') ?? '';
  const by = query.get('by');
  return {
    state: STATES.find((known) => known === state) ?? '',
    pool: query.get('pool') ?? '',
    rack: query.get('rack') ?? '',
    text: query.get('text') ?? '',
    by: GROUPINGS.find((known) => known === by) ?? 'rack',
  };
}

function matches({ attributes }: Row, { state, pool, rack, text }: Filter): boolean {
  return (
    (state === '' || attributes.state === state) &&
    (pool === '' || attributes.pool === pool) &&
    (rack === '' || attributes.rack === rack) &&
    text
      .toLowerCase()
      .split(/\s+/)
      .every((word) => attributes.text.includes(word))
  );
}

export interface PageContext {
  render: Render;
  assets: Assets;
}

/** What all pages have. */
interface Frame {
  title: string;
  csrf: string;
  /** Said once, above all else: what the last action did. */
  notice?: string | undefined;
}

function frame({ assets }: PageContext, { title, csrf, notice }: Frame) {
  return { title, csrf, notice: notice ?? '', assets: assets.paths, version: '', by: '' };
}

/** The list of all hosts. All rows are in it, so that the script can filter; those that do not match are hidden. */
export function renderFleet(
  context: PageContext,
  feed: Feed,
  filter: Filter,
  viewer: { csrf: string; notice?: string | undefined },
): string {
  const status = feed.status();
  const rows = [...feed.rows().values()];
  const heads = feed.heads(filter.by);
  const members = new Map<string, { row: Row; shown: boolean }[]>([[UNNAMED, []]]);
  for (const row of rows) {
    const key = groupOf(row.host, filter.by);
    const group = members.get(key) ?? [];
    members.set(key, group);
    group.push({ row, shown: matches(row, filter) });
  }
  const groups = [...members].map(([key, group]) => ({
    key,
    head: heads.get(key)?.html ?? '',
    shown: group.some(({ shown }) => shown),
    rows: group.map(({ row, shown }) => ({ ...row.attributes, shown, cells: row.cells() })),
  }));
  return context.render('fleet', {
    ...frame(context, { title: `${status.name}, fleet`, ...viewer }),
    by: filter.by,
    version: feed.version(),
    overview: feed.overview(),
    filter,
    filters: viewFilters(status, filter),
    groups,
    shown: groups.reduce((sum, { rows: all }) => sum + all.filter(({ shown }) => shown).length, 0),
    free: status.hosts.filter(({ machine, host }) => machine === undefined && host !== undefined),
  });
}

function viewFilters({ hosts }: FleetStatus, filter: Filter) {
  const options = (values: readonly string[], current: string) =>
    [...new Set(values)]
      .filter((value) => value !== '')
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map((value) => ({ value, label: value, current: value === current }));
  return {
    states: STATES.map((value) => ({
      ...{ value, label: STATE_WORDS[value], current: value === filter.state },
    })),
    pools: options(
      hosts.map(({ pool }) => pool ?? ''),
      filter.pool,
    ),
    racks: options(hosts.map(rackOf), filter.rack),
    groupings: GROUPINGS.map((value) => ({ value, label: value, current: value === filter.by })),
  };
}

/** All that is known of one host. */
export function renderHost(
  context: PageContext,
  feed: Feed,
  details: HostDetails,
  viewer: { csrf: string; notice?: string | undefined },
): string {
  const view = viewHost(details.status);
  const inventory =
    details.inventory === undefined ? '' : JSON.stringify(details.inventory, undefined, 2);
  const { hosts } = feed.status();
  return context.render('host', {
    ...frame(context, { title: `${view.key}, ${feed.status().name}`, ...viewer }),
    version: feed.version(),
    host: view,
    // What happened last is read first.
    history: details.history
      .map(({ time, text }) => ({ time, text, shown: describeTime(time) }))
      .reverse(),
    inventory,
    free: hosts.filter(({ machine, host }) => machine === undefined && host !== undefined),
  });
}

/** Asks for the token. */
export function renderLogin(context: PageContext, message = ''): string {
  return context.render('login', {
    ...frame(context, { title: 'Log in, Kronos fleet', csrf: '' }),
    message,
  });
}

/** Asks before an action that ends in a disk being written, where no script did. */
export function renderQuestion(context: PageContext, action: OperatorAction, csrf: string): string {
  const question = questionOf(action);
  return context.render('question', {
    ...frame(context, { title: question?.title ?? '', csrf }),
    question,
    value: JSON.stringify(action),
  });
}

/** Says why something was not done. */
export function renderRefusal(
  context: PageContext,
  refusal: { title: string; message: string; hint?: string | undefined },
): string {
  const { title, message, hint } = refusal;
  return context.render('refusal', {
    ...frame(context, { title, csrf: '' }),
    message,
    hint: hint ?? '',
  });
}
