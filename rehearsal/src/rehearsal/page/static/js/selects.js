// Select menus: a field that lists what fits to what is typed. One value, or several as chips before the field.

import { el, fill, newId } from './dom.js';
import { findSource, readOption } from './options.js';
import { placeBeside, followScroll } from './popups.js';

const PAUSE_MS = 150;

/** `choose(value)` tells of a choice, and returns false when it is not to be. */
export function drawSelect(element, block, use, { label, key, value, choose }) {
  const isMulti = element.type.startsWith('multi_');
  const listId = newId('options');
  const given = (isMulti ? value ?? [] : [value]).filter(Boolean);
  const words = element.placeholder?.text ?? (isMulti ? 'Choose some' : 'Choose');
  const field = el('input.input.select-field', {
    role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': listId, 'aria-expanded': 'false', 'aria-label': label ?? words,
    autocomplete: 'off', spellcheck: 'false', placeholder: words, autofocus: element.focus_on_load, data: { key },
  });
  const list = el('div.options', { id: listId, role: 'listbox', 'aria-label': label ?? words, 'aria-multiselectable': isMulti ? 'true' : null, popover: 'manual' });
  const chips = el('span.chips');
  const node = el(`div.select${isMulti ? '.multi' : ''}`, {}, isMulti && chips, field, el('span.select-arrow', { 'aria-hidden': 'true' }, '▾'), list);
  const parts = {
    node, field, list, chips, isMulti, choose, most: element.max_selected_items ?? 100, find: findSource(element, block, use),
    chosen: given.map((one) => readOption(one, element, use.model)), shown: [], picked: -1, asked: 0, timer: 0, unwatch: () => {},
  };
  listen(parts);
  show(parts);
  return node;
}

function listen(parts) {
  const { field } = parts;
  field.addEventListener('click', () => { if (!isOpen(parts)) { field.select(); open(parts, ''); } });
  field.addEventListener('input', () => {
    clearTimeout(parts.timer);
    parts.timer = setTimeout(() => open(parts, field.value), PAUSE_MS);
  });
  field.addEventListener('keydown', (event) => press(event, parts));
  field.addEventListener('blur', () => leave(parts));
}

function isOpen({ list }) {
  return list.matches(':popover-open');
}

/** What is chosen, in the field or as chips. */
function show(parts) {
  const { field, chips, chosen, isMulti } = parts;
  field.value = isMulti ? '' : chosen[0]?.text ?? '';
  if (isMulti) {
    fill(chips, chosen.map((one) => el('button.chip-button', {
      type: 'button', 'aria-label': `Remove ${one.text}`, on: { click: () => { toggle(parts, one); field.focus(); } },
    }, one.text, el('span', { 'aria-hidden': 'true' }, ' ×'))));
  }
}

async function open(parts, typed) {
  const { list, field } = parts;
  parts.asked += 1;
  const turn = parts.asked;
  const answer = parts.find(typed);
  if (answer instanceof Promise && !isOpen(parts)) draw(parts, [], 'Loading …');
  const { groups, words } = await answer;
  if (turn !== parts.asked || document.activeElement !== field) return;
  draw(parts, groups, words);
  if (typed.trim() && parts.shown.length) pick(parts, 0);
  placeBeside(list, parts.node, { isWide: true });
}

function draw(parts, groups, words) {
  const { list, field } = parts;
  [parts.shown, parts.picked] = [[], -1];
  const draw = groups.map(([label, options]) => el('div', { role: 'group', 'aria-label': label || null }, label && el('div.option-group', { 'aria-hidden': 'true' }, label),
    options.map((option) => drawOption(parts, option))));
  fill(list, draw, words && el('div.no-option', { role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false' }, words));
  field.removeAttribute('aria-activedescendant');
  if (isOpen(parts)) return;
  list.showPopover();
  field.setAttribute('aria-expanded', 'true');
  placeBeside(list, parts.node, { isWide: true });
  parts.unwatch = followScroll(list, parts.node, { isWide: true }, () => shut(parts));
}

function drawOption(parts, option) {
  const index = parts.shown.push(option) - 1;
  const isChosen = parts.chosen.some((one) => one.value === option.value);
  return el('div.option', {
    id: `${parts.list.id}-${index}`, role: 'option', 'aria-selected': String(isChosen), data: { value: option.value },
    on: { mousedown: (event) => event.preventDefault(), click: () => take(parts, option) },
  }, el('span', {}, option.text), option.description && el('span.option-description', {}, option.description));
}

function pick(parts, index) {
  const { list, field, shown } = parts;
  parts.picked = (index + shown.length) % shown.length;
  for (const one of list.querySelectorAll('.option')) one.classList.toggle('picked', one.id === `${list.id}-${parts.picked}`);
  const node = list.querySelector('.option.picked');
  node.scrollIntoView({ block: 'nearest' });
  field.setAttribute('aria-activedescendant', node.id);
}

function press(event, parts) {
  const { field, shown, chosen, isMulti } = parts;
  const opened = isOpen(parts);
  if (event.isComposing) return;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    if (!opened) open(parts, '');
    else if (shown.length) pick(parts, parts.picked < 0 ? (event.key === 'ArrowDown' ? 0 : -1) : parts.picked + (event.key === 'ArrowDown' ? 1 : -1));
  } else if (event.key === 'Enter') {
    event.preventDefault();
    if (!opened) open(parts, ''); else if (shown[parts.picked]) take(parts, shown[parts.picked]);
  } else if (event.key === 'Escape' && opened) {
    event.preventDefault();
    event.stopPropagation();
    shut(parts);
    show(parts);
  } else if (event.key === 'Backspace' && isMulti && !field.value && chosen.length) {
    toggle(parts, chosen.at(-1));
  }
}

function take(parts, option) {
  if (parts.isMulti) { toggle(parts, option); return; }
  shut(parts);
  change(parts, [option]);
}

function toggle(parts, option) {
  const has = parts.chosen.some((one) => one.value === option.value);
  if (!has && parts.chosen.length >= parts.most) return;
  change(parts, has ? parts.chosen.filter((one) => one.value !== option.value) : [...parts.chosen, option]);
  if (isOpen(parts)) open(parts, '');
}

async function change(parts, chosen) {
  const before = parts.chosen;
  parts.chosen = chosen;
  show(parts);
  const values = chosen.map((one) => one.value);
  if (await parts.choose(parts.isMulti ? values : values[0] ?? null) === false) { parts.chosen = before; show(parts); }
}

function shut(parts) {
  clearTimeout(parts.timer);
  parts.asked += 1;
  parts.unwatch();
  if (isOpen(parts)) parts.list.hidePopover();
  parts.field.setAttribute('aria-expanded', 'false');
  parts.field.removeAttribute('aria-activedescendant');
}

/** Whoever empties the field chooses nothing; other words that were not chosen go. */
function leave(parts) {
  shut(parts);
  if (parts.isMulti) parts.field.value = '';  // the chips stay as they are: one of them may be what is being pressed
  else if (parts.chosen.length && !parts.field.value.trim()) change(parts, []);
  else show(parts);
}
