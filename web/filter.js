// What of the hosts is shown.
import { all, byId } from './elements.js';

export const filters = /** @type {HTMLFormElement | null} */ (byId('filters'));
export const overview = byId('overview');

function readFilter() {
  const data = new FormData(filters ?? undefined);
  const get = (/** @type {string} */ name) => String(data.get(name) ?? '');
  const words = get('text').toLowerCase().split(/\s+/).filter(Boolean);
  return { state: get('state'), pool: get('pool'), rack: get('rack'), words };
}

export function applyFilter() {
  if (filters === null) return;
  const { state, pool, rack, words } = readFilter();
  let shown = 0;
  for (const group of all('.group')) {
    let some = 0;
    for (const row of all('tbody > tr', group)) {
      const { dataset } = row;
      const fits =
        (state === '' || dataset['state'] === state) &&
        (pool === '' || dataset['pool'] === pool) &&
        (rack === '' || dataset['rack'] === rack) &&
        words.every((word) => (dataset['text'] ?? '').includes(word));
      if (row.hidden === fits) row.hidden = !fits;
      if (fits) some += 1;
    }
    if (group.hidden !== (some === 0)) group.hidden = some === 0;
    shown += some;
  }
  const count = byId('shown');
  if (count !== null) count.textContent = `${shown} shown`;
  const nothing = byId('nothing');
  if (nothing !== null) nothing.hidden = shown > 0;
  markChips(state);
}

/** @param {string} state */
function markChips(state) {
  for (const chip of all('.chip')) {
    if (chip.dataset['filter'] === state) chip.setAttribute('aria-current', 'true');
    else chip.removeAttribute('aria-current');
  }
}

/** The address shows the filter, so that it can be sent to somebody. */
function rememberFilter() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(filters ?? undefined)) {
    if (value !== '' && !(name === 'by' && value === 'rack')) query.set(name, String(value));
  }
  history.replaceState(null, '', query.size === 0 ? '/' : `/?${query}`);
}

filters?.addEventListener('input', (event) => {
  rememberFilter();
  if (event.target instanceof HTMLSelectElement && event.target.name === 'by') location.reload();
  else applyFilter();
});
filters?.addEventListener('submit', (event) => {
  event.preventDefault();
  applyFilter();
});
overview?.addEventListener('click', (event) => {
  const chip = event.target instanceof Element ? event.target.closest('.chip') : null;
  const field = byId('f-state');
  if (!(chip instanceof HTMLElement) || !(field instanceof HTMLSelectElement)) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const state = chip.dataset['filter'] ?? '';
  field.value = field.value === state ? '' : state;
  rememberFilter();
  applyFilter();
});
