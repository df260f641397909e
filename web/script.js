// The live part of the page. All of it also works without: the server renders every page whole, and what the stream
// brings is HTML of the same templates.

const { body } = document;
body.classList.add('scripted');

/** @param {string} id */
const byId = (id) => document.getElementById(id);
/** @param {string} selector @param {ParentNode} [root] @returns {HTMLElement[]} */
const all = (selector, root = document) => [...root.querySelectorAll(selector)].filter(isHtml);
/** @param {Element} element @returns {element is HTMLElement} */
function isHtml(element) {
  return element instanceof HTMLElement;
}

/* Changing what is there instead of replacing it: focus, open details and what somebody types stay. */

/** Attributes that belong to whoever uses the page. */
const KEPT = new Set(['open', 'hidden', 'aria-current']);

/** @param {Element} old @param {Element} fresh */
function morph(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (KEPT.has(name) || (name === 'href' && old.hasAttribute('data-keep'))) continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  morphChildren(old, fresh);
}

/** @param {Element | DocumentFragment} old @param {Element | DocumentFragment} fresh */
function morphChildren(old, fresh) {
  const wanted = [...fresh.childNodes];
  wanted.forEach((node, index) => {
    const there = old.childNodes[index];
    if (there === undefined) old.append(node);
    else if (there instanceof Element && node instanceof Element && isSameKind(there, node)) {
      morph(there, node);
    } else if (there instanceof Text && node instanceof Text) {
      if (there.data !== node.data) there.data = node.data;
    } else there.replaceWith(node);
  });
  while (old.childNodes.length > wanted.length) old.lastChild?.remove();
}

/** @param {Element} a @param {Element} b */
function isSameKind(a, b) {
  if (a.tagName !== b.tagName) return false;
  // A button that does something else is another button: no finger may find it under the old one.
  return a.tagName !== 'BUTTON' || a.getAttribute('value') === b.getAttribute('value');
}

/** @param {string} html */
function parse(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content;
}

/* Filters */

const filters = /** @type {HTMLFormElement | null} */ (byId('filters'));
const overview = byId('overview');

function readFilter() {
  const data = new FormData(filters ?? undefined);
  const get = (/** @type {string} */ name) => String(data.get(name) ?? '');
  const words = get('text').toLowerCase().split(/\s+/).filter(Boolean);
  return { state: get('state'), pool: get('pool'), rack: get('rack'), words };
}

function applyFilter() {
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

/* Actions */

/** @param {string} text @param {'done' | 'refusal'} kind */
function say(text, kind) {
  const notice = byId('notice');
  if (notice === null) return;
  notice.dataset['kind'] = kind;
  notice.textContent = text;
}

const dialog = /** @type {HTMLDialogElement | null} */ (byId('question'));

/**
 * Whoever waits for the answer to the question that is open. A dialog tells that it was closed only after a while:
 * when the next question is there already, that is not its answer.
 * @type {(yes: boolean) => void}
 */
let answer = () => undefined;
dialog?.addEventListener('close', () => {
  if (!dialog.open) answer(dialog.returnValue === 'yes');
});

/** @param {{ title: string, text: string, yes: string }} question @returns {Promise<boolean>} */
function ask({ title, text, yes }) {
  if (dialog === null) return Promise.resolve(false);
  /** @param {string} id @param {string} words */
  const put = (id, words) => {
    const element = byId(id);
    if (element !== null) element.textContent = words;
  };
  put('question-title', title);
  put('question-text', text);
  put('question-yes', yes);
  answer(false);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    answer = resolve;
  });
}

/** @param {HTMLButtonElement} button */
async function act(button) {
  const action = JSON.parse(button.value);
  const field = button.parentElement?.querySelector('input');
  const typed = field?.value.trim() ?? '';
  if (action.do === 'pause' && typed !== '') action.reason = typed;
  if (action.do === 'name') {
    if (typed === '') {
      say('Type the name of the host first.', 'refusal');
      field?.focus();
      return;
    }
    action.host = typed;
  }
  const { title, text, yes } = button.dataset;
  if (title !== undefined) {
    /** @param {string | undefined} words */
    const fill = (words) => (words ?? '').replaceAll('{host}', () => typed);
    if (!(await ask({ title: fill(title), text: fill(text), yes: fill(yes) }))) return;
  }
  button.disabled = true;
  try {
    const response = await fetch('/v1/actions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Kronos-CSRF': body.dataset['csrf'] ?? '' },
      body: JSON.stringify(action),
    });
    if (response.status === 401) location.assign('/login');
    const answer = await response.json();
    if (response.ok) {
      say(answer.message, 'done');
      if (field instanceof HTMLInputElement) field.value = '';
    } else {
      const { message, hint } = answer.error;
      say(hint === undefined ? message : `${message}; ${hint}`, 'refusal');
    }
  } catch {
    say('The server did not answer; nothing is known of what was asked.', 'refusal');
  } finally {
    button.disabled = false;
  }
}

byId('act')?.addEventListener('submit', (event) => {
  event.preventDefault();
  const { submitter } = event;
  if (submitter instanceof HTMLButtonElement) void act(submitter);
});
document.addEventListener('keydown', (event) => {
  const { target } = event;
  if (event.key !== 'Enter' || !(target instanceof HTMLInputElement) || target.form?.id !== 'act')
    return;
  event.preventDefault();
  target.parentElement?.querySelector('button')?.click();
});

/* The stream */

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
function apply(frame) {
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

/** Milliseconds without a sign of life after which a connection counts as lost; the server beats every 10 s. */
const SILENCE = 25_000;

/** @param {'live' | 'lost'} state */
function showConnection(state) {
  if (body.dataset['connection'] === state) return;
  body.dataset['connection'] = state;
  const place = byId('connection');
  if (place !== null)
    place.textContent = state === 'live' ? 'live' : 'connection lost, trying again';
}

let version = body.dataset['version'] ?? '';
let pause = 1000;
/** @type {number | undefined} */
let waiting;

function follow() {
  const source = new EventSource(`/stream?since=${encodeURIComponent(version)}`);
  const alive = () => {
    pause = 1000;
    showConnection('live');
    window.clearTimeout(waiting);
    waiting = window.setTimeout(again, SILENCE);
  };
  const again = () => {
    source.close();
    window.clearTimeout(waiting);
    showConnection('lost');
    // Whoever is out by now must log in again; all else is tried for ever, ever more seldom.
    fetch('/stream', { method: 'HEAD' }).then(
      ({ status }) => status === 401 && location.assign('/login'),
      () => undefined,
    );
    waiting = window.setTimeout(follow, pause);
    pause = Math.min(pause * 2, 15_000);
  };
  source.addEventListener('open', alive);
  source.addEventListener('beat', alive);
  source.addEventListener('change', (event) => {
    alive();
    apply(JSON.parse(event.data));
    version = event.lastEventId;
  });
  source.addEventListener('error', again);
  waiting = window.setTimeout(again, SILENCE);
}

if (body.dataset['csrf'] !== '') {
  applyFilter();
  follow();
}
