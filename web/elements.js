// Looking elements up.

/** @param {string} id */
export const byId = (id) => document.getElementById(id);
/** @param {string} selector @param {ParentNode} [root] @returns {HTMLElement[]} */
export const all = (selector, root = document) =>
  [...root.querySelectorAll(selector)].filter(isHtml);
/** @param {Element} element @returns {element is HTMLElement} */
function isHtml(element) {
  return element instanceof HTMLElement;
}
