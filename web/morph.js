// Changing what is there instead of replacing it: focus, open details and what somebody types stay.

/** Attributes that belong to whoever uses the page. */
const KEPT = new Set(['open', 'hidden', 'aria-current']);

/** @param {Element} old @param {Element} fresh */
export function morph(old, fresh) {
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
export function morphChildren(old, fresh) {
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
export function parse(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content;
}
