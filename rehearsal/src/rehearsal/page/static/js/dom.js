// Building the page: elements with text in them, never markup out of a string.

/** `el('p.note', {on: {click}, 'aria-label': 'x'}, 'text', child)`; false, null and undefined are left out. */
export function el(name, props = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const node = document.createElement(tag || 'div');
  if (classes.length) node.className = classes.join(' ');
  for (const [key, value] of Object.entries(props ?? {})) setProp(node, key, value);
  return add(node, ...children);
}

export function add(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** Replaces all that stands in the node. */
export function fill(node, ...children) {
  node.replaceChildren();
  return add(node, ...children);
}

export function byId(id) {
  return document.getElementById(id);
}

function setProp(node, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key === 'on') for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
  else if (key === 'data') Object.assign(node.dataset, value);
  else if (key === 'value' || key === 'checked' || key === 'disabled' || key === 'open') node[key] = value;
  else node.setAttribute(key, value === true ? '' : value);
}

/** What shall be read out by a screen reader, once. */
export function announce(text) {
  const region = byId('announcements');
  region.textContent = '';
  setTimeout(() => { region.textContent = text; }, 50);
}

let counter = 0;

export function newId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Draws a part anew and puts the focus back: on the same control, else on the part itself. */
export function keepFocus(node, draw) {
  const active = document.activeElement;
  if (!node.contains(active)) return draw() ?? node;
  const held = active === node ? '' : active.dataset.key;
  const after = draw() ?? node;
  const again = [...after.querySelectorAll('[data-key]')].find((one) => one.dataset.key === held);
  (again ?? after.closest('[tabindex]') ?? after).focus({ preventScroll: true });
  return after;
}
