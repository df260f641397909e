// A question before what cannot be taken back.
import { byId } from './elements.js';

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
export function ask({ title, text, yes }) {
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
