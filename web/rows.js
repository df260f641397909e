// What the stream brings, put into the page.
import { all, byId } from './elements.js';
import { applyFilter, filters, overview } from './filter.js';
import { morph, morphChildren, parse } from './morph.js';

const { body } = document;
/** @typedef {{ key: string, state: string, pool: string, rack: string, text: string, cells: string }} Row */
/** @typedef {{ overview?: string, rows: Row[], groups: Record<string, Record<string, string>>, keys?: string[] }} Frame */

/** @type {Map<string, HTMLElement>} */
const rows = new Map(all('tr[data-key]').map((row) => [row.dataset['key'] ?? '', row]));
/** @type {Map<string, HTMLElement>} */
const groups = new Map(all('.group').map((group) => [group.dataset['group'] ?? '', group]));
const by = body.dataset['by'] ?? '';
const single = byId('main')?.dataset['host'];

/** @param {Row} row */
function applyRow({ cells, ...attributes }) {
  const known = rows.get(attributes.key);
  const row = known ?? document.createElement('tr');
  row.setAttribute('role', 'row');
  for (const [name, value] of Object.entries(attributes)) row.dataset[name] = value;
  morphChildren(row, parse(cells));
  if (known !== undefined) return;
  // All hosts of the file are there from the beginning; what comes anew is a machine without a name.
  const group = groups.get(':unnamed');
  group?.querySelector('tbody')?.append(row);
  rows.set(attributes.key, row);
}

/** @param {Frame} frame */
export function apply(frame) {
  if (filters === null) {
    if (single !== undefined && frame.rows.some(({ key }) => key === single)) void reloadHost();
    return;
  }
  if (frame.overview !== undefined && overview !== null) {
    morphChildren(overview, parse(frame.overview));
  }
  for (const row of frame.rows) applyRow(row);
  if (frame.keys !== undefined) {
    const left = new Set(frame.keys);
    for (const [key, row] of rows) {
      if (left.has(key)) continue;
      row.remove();
      rows.delete(key);
    }
  }
  for (const [key, html] of Object.entries(frame.groups[by] ?? {})) {
    const head = groups.get(key)?.querySelector('summary');
    if (head) morphChildren(head, parse(html));
  }
  applyFilter();
}

/** The page of one host is short: it is fetched whole. */
async function reloadHost() {
  const response = await fetch(location.href);
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  const main = fresh.getElementById('main');
  const old = byId('main');
  if (main !== null && old !== null) morph(old, main);
}
