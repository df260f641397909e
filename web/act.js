// What an operator asks for, and what the server says to it.
import { byId } from './elements.js';
import { ask } from './question.js';

const { body } = document;

/** @param {string} text @param {'done' | 'refusal'} kind */
function say(text, kind) {
  const notice = byId('notice');
  if (notice === null) return;
  notice.dataset['kind'] = kind;
  notice.textContent = text;
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
