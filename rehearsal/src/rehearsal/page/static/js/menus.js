// A button that opens a menu: arrows, Home, End and the first letter move; Escape, Tab and a click elsewhere shut it.

import { el } from './dom.js';
import { placeBeside, followScroll } from './popups.js';

/** `items` are pairs of what stands there and what choosing it does. */
export function makeMenu({ label, sign = '⋯', key, className = 'button' }, items) {
  const rows = items.map(([words, act]) => el('button.menu-item', {
    type: 'button', role: 'menuitem', tabindex: -1, on: { click: () => { menu.hidePopover(); act(); } },
  }, words));
  const menu = el('div.menu', { role: 'menu', 'aria-label': label, popover: 'auto' }, rows);
  const button = el(`button.${className}.menu-button`, { type: 'button', 'aria-label': label, 'aria-haspopup': 'menu', 'aria-expanded': 'false', data: { key } }, sign);
  button.popoverTargetElement = menu;
  let unwatch = () => {};
  menu.addEventListener('toggle', (event) => {
    const isOpen = event.newState === 'open';
    button.setAttribute('aria-expanded', String(isOpen));
    unwatch();
    if (!isOpen) return;
    placeBeside(menu, button);
    rows[0]?.focus({ preventScroll: true });
    unwatch = followScroll(menu, button, {}, () => menu.hidePopover());
  });
  menu.addEventListener('keydown', (event) => move(event, menu, rows));
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    menu.showPopover();
  });
  return el('span.overflow', {}, button, menu);
}

function move(event, menu, rows) {
  const at = rows.indexOf(document.activeElement);
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
  if (event.key === 'Escape') event.stopPropagation();
  if (event.key === 'Tab') menu.hidePopover();
  const next = steps[event.key] ?? findByLetter(event.key, rows, at);
  if (next === undefined) return;
  event.preventDefault();
  rows[(next + rows.length) % rows.length].focus();
}

function findByLetter(key, rows, at) {
  if (key.length !== 1 || key === ' ') return undefined;
  const order = [...rows.keys()].map((step) => (at + 1 + step) % rows.length);
  return order.find((index) => rows[index].textContent.toLowerCase().startsWith(key.toLowerCase()));
}
