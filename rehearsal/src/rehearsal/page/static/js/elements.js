// Interactive elements. `use` is {model, act(block, element, value), values, isForm}: what using one does.

import { el, newId } from './dom.js';
import { ask } from './dialogs.js';
import { drawImage } from './image.js';
import { follow } from './links.js';
import { drawPlain, drawText } from './text.js';
import { cannotDraw } from './unknown.js';

export function drawElement(element, block, use, label = null) {
  switch (element.type) {
    case 'button': return drawButton(element, block, use);
    case 'overflow': return drawOverflow(element, block, use);
    case 'checkboxes': return drawChoices(element, block, use, 'checkbox', label);
    case 'radio_buttons': return drawChoices(element, block, use, 'radio', label);
    case 'image': return drawImage(element);
    case 'datepicker': return drawInput(element, block, use, label, { type: 'date' });
    case 'timepicker': return drawInput(element, block, use, label, { type: 'time' });
    case 'datetimepicker': return drawMoment(element, block, use, label);
    case 'plain_text_input': return drawTyped(element, block, use, label);
    case 'email_text_input': return drawInput(element, block, use, label, { type: 'email' });
    case 'url_text_input': return drawInput(element, block, use, label, { type: 'url' });
    case 'number_input': return drawInput(element, block, use, label, { type: 'number', step: element.is_decimal_allowed ? 'any' : 1 });
    default: return element.type.endsWith('_select') ? drawSelect(element, block, use, label) : cannotDraw(element.type, element);
  }
}

/** What the element holds: what was put in, else what it begins with. */
function held(element, block, use) {
  const kept = use.values?.[block.block_id]?.[element.action_id] ?? {};
  const name = Object.keys(kept).find((one) => one !== 'type' && one !== 'timezone');
  return name ? kept[name] : null;
}

async function send(element, block, use, value) {
  if (element.confirm && !(await ask(element.confirm, use.model))) return false;
  await use.act(block, element, value);
  return true;
}

function keyOf(element, part = '') {
  return `${element.action_id}${part && `:${part}`}`;
}

function drawButton(element, block, use) {
  const style = element.style ? `.${element.style}` : '';
  const press = async (event) => {
    const button = event.currentTarget;
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    button.classList.add('busy');
    try {
      if (await send(element, block, use, null) && element.url) follow(element.url, use.model);
    } finally {
      button.removeAttribute('aria-disabled');
      button.classList.remove('busy');
    }
  };
  const props = { type: 'button', 'aria-label': element.accessibility_label, data: { key: keyOf(element) }, on: { click: press } };
  return el(`button.button${style}`, props, drawPlain(element.text));
}

function drawOverflow(element, block, use) {
  const choose = (option) => async (event) => {
    event.currentTarget.closest('details').open = false;
    await send(element, block, use, option.value);
  };
  const items = element.options.map((option) => el('button.menu-item', { type: 'button', on: { click: choose(option) } }, drawPlain(option.text)));
  const shut = (event) => { if (event.key === 'Escape') { event.currentTarget.open = false; event.currentTarget.firstChild.focus(); } };
  return el('details.overflow', { on: { keydown: shut } },
    el('summary.button', { 'aria-label': 'More actions', data: { key: keyOf(element) } }, '⋯'),
    el('div.menu', {}, items));
}

function drawChoices(element, block, use, kind, label) {
  const now = held(element, block, use);
  const chosen = new Set((kind === 'radio' ? [now] : now ?? []).filter(Boolean).map((one) => one.value));
  const name = newId('choice');
  const change = async (event) => {
    const boxes = [...event.currentTarget.closest('fieldset').querySelectorAll('input')];
    const values = boxes.filter((box) => box.checked).map((box) => box.value);
    if (!(await send(element, block, use, kind === 'radio' ? values[0] ?? null : values))) {
      for (const box of boxes) box.checked = chosen.has(box.value);
    }
  };
  const options = element.options.map((option) => {
    const props = { type: kind, name, value: option.value, checked: chosen.has(option.value), data: { key: keyOf(element, option.value) }, on: { change } };
    return el('label.choice', {}, el('input', props), el('span', {}, drawText(option.text, use.model),
      option.description && el('span.option-description', {}, drawText(option.description, use.model))));
  });
  return el('fieldset.choices', { 'aria-label': label }, options);
}

function drawTyped(element, block, use, label) {
  if (!element.multiline) return drawInput(element, block, use, label, { type: 'text' });
  return drawInput(element, block, use, label, {}, 'textarea');
}

function drawInput(element, block, use, label, props, tag = 'input') {
  const change = (event) => send(element, block, use, event.currentTarget.value || null);
  const limits = { min: element.min_value, max: element.max_value, maxlength: element.max_length };
  return el(`${tag}.input`, {
    ...props, ...limits, value: held(element, block, use) ?? '', placeholder: element.placeholder?.text,
    'aria-label': label ?? element.placeholder?.text ?? element.type.replaceAll('_', ' '),
    autocomplete: 'off', autofocus: element.focus_on_load, data: { key: keyOf(element) }, on: { change },
  });
}

function drawMoment(element, block, use, label) {
  const now = held(element, block, use);
  const local = now ? new Date(now * 1000 - new Date(now * 1000).getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : '';
  const change = (event) => {
    const at = Date.parse(event.currentTarget.value);
    send(element, block, use, Number.isNaN(at) ? null : Math.floor(at / 1000));
  };
  return el('input.input', { type: 'datetime-local', value: local, 'aria-label': label ?? 'date and time', data: { key: keyOf(element) }, on: { change } });
}

function drawSelect(element, block, use, label) {
  const isMulti = element.type.startsWith('multi_');
  const now = held(element, block, use);
  const chosen = new Set((isMulti ? now ?? [] : [now]).filter(Boolean).map((one) => one.value ?? one));
  const change = (event) => {
    const values = [...event.currentTarget.selectedOptions].map((one) => one.value).filter(Boolean);
    send(element, block, use, isMulti ? values : values[0] ?? null);
  };
  const option = ([value, text]) => el('option', { value, selected: chosen.has(value) }, text);
  const groups = listOptions(element, use.model).map(([name, options]) => (name ? el('optgroup', { label: name }, options.map(option)) : options.map(option)));
  const first = !isMulti && el('option', { value: '' }, element.placeholder?.text ?? 'Choose …');
  return el('select.input', { multiple: isMulti, 'aria-label': label ?? element.placeholder?.text ?? 'Choose', data: { key: keyOf(element) }, on: { change } }, first, groups);
}

/** Pairs of value and text, in groups; people and channels are the workspace's. */
function listOptions(element, model) {
  if (element.type.includes('users')) return [['', [...model.people.values()].filter((one) => !one.deleted).map((one) => [one.id, one.profile.real_name])]];
  if (/channels|conversations/.test(element.type)) return [['', [...model.channels.values()].map((one) => [one.id, one.name])]];
  const pairs = (options) => options.map((one) => [one.value, one.text.text]);
  return element.option_groups ? element.option_groups.map((group) => [group.label.text, pairs(group.options)]) : [['', pairs(element.options ?? [])]];
}
