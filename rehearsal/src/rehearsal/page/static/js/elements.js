// Interactive elements. `use` is {model, act(block, element, value), suggest(block, element, typed), values}.

import { el, newId } from './dom.js';
import { ask } from './dialogs.js';
import { drawImage } from './image.js';
import { follow } from './links.js';
import { makeMenu } from './menus.js';
import { drawSelect } from './selects.js';
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
    default: return element.type.endsWith('_select') ? drawMenu(element, block, use, label) : cannotDraw(element.type, element);
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
  const items = element.options.map((option) => [
    [drawPlain(option.text), option.description && el('span.option-description', {}, drawPlain(option.description))],
    () => send(element, block, use, option.value),
  ]);
  return makeMenu({ label: 'More actions', key: keyOf(element) }, items);
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

/** Tells what stands in it when it is left, also when the page itself put that there. */
function drawInput(element, block, use, label, props, tag = 'input') {
  let told = held(element, block, use) ?? '';
  const tell = ({ currentTarget: field }) => {
    if (field.value === told) return;
    told = field.value;
    send(element, block, use, told || null);
  };
  const speaks = block.dispatch_action ? element.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed'] : [];
  const input = (event) => { if (speaks.includes('on_character_entered')) tell(event); };
  const keydown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || !speaks.includes('on_enter_pressed')) return;
    event.preventDefault();
    tell(event);
  };
  const limits = { min: element.min_value, max: element.max_value, maxlength: element.max_length };
  return el(`${tag}.input`, {
    ...props, ...limits, value: told, placeholder: element.placeholder?.text,
    'aria-label': label ?? element.placeholder?.text ?? element.type.replaceAll('_', ' '),
    autocomplete: 'off', autofocus: element.focus_on_load, data: { key: keyOf(element) }, on: { change: tell, blur: tell, input, keydown },
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

function drawMenu(element, block, use, label) {
  const choose = (value) => send(element, block, use, value);
  return drawSelect(element, block, use, { label, key: keyOf(element), value: held(element, block, use), choose });
}
