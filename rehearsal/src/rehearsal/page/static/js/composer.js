// The field to write in: slash commands with their hints, what was typed before, mentions.

import { order } from './api.js';
import { el, fill, newId } from './dom.js';
import { notify } from './dialogs.js';
import { makeShortcuts } from './shortcuts.js';

const MOST_KEPT = 50;

/** `thread()` names the message that is answered. */
export function makeComposer(model, thread = () => null) {
  const listId = newId('suggestions');
  const isThread = thread() !== null;
  const list = el('div.suggestions', { id: listId, role: 'listbox', 'aria-label': 'Commands', hidden: true });
  const field = el('textarea.composer-text', {
    id: isThread ? newId('reply') : 'composer-text', rows: 1, role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': listId,
    'aria-expanded': 'false', spellcheck: 'false', autocomplete: 'off',
  });
  const send = el('button.button.primary.send', { type: 'submit' }, 'Send');
  const form = el('form.composer', {}, list, el('div.composer-row', {}, !isThread && makeShortcuts(model), field, send),
    !isThread && el('p.composer-help', {}, el('kbd', {}, 'Enter'), ' sends  ', el('kbd', {}, '/'), ' commands  ', el('kbd', {}, '↑'), ' what you typed before'));
  const state = { picked: -1, past: -1, options: [] };
  const parts = { model, thread, list, field, send, state };
  field.addEventListener('input', () => { state.past = -1; suggest(parts); });
  field.addEventListener('keydown', (event) => press(event, parts, form));
  field.addEventListener('blur', () => setTimeout(() => { if (document.activeElement !== field) hide(parts); }, 150));
  form.addEventListener('submit', (event) => { event.preventDefault(); submit(parts); });
  return {
    node: form,
    focus: () => field.focus(),
    put: (text) => { field.value = text; grow(field); field.focus(); suggest(parts); },
    update: () => describe(parts, isThread),
  };
}

function describe({ model, field, send }, isThread) {
  const place = model.place();
  const isShut = !place || place.is_archived;
  const where = isThread ? 'Reply in this thread' : `Message ${place?.name ?? ''}`;
  const who = isThread ? '' : ` as ${model.me?.real_name ?? model.person}`;
  const isNarrow = matchMedia('(max-width: 860px)').matches;  // there a tab below says whom one acts as
  field.placeholder = isShut ? 'Nothing can be written here' : `${where}${isNarrow ? '' : who}`;
  field.setAttribute('aria-label', isShut ? field.placeholder : `${where}${who}`);
  field.disabled = isShut;
  send.disabled = isShut;
}

function suggest(parts) {
  const { model, field, list, state } = parts;
  grow(field);
  const word = field.value.split(/\s/)[0];
  const fits = field.value.startsWith('/') ? model.commands.filter((one) => one.slash.startsWith(word)) : [];
  const isTyped = fits.length === 1 && /\s/.test(field.value) && fits[0].slash === word;
  state.options = isTyped ? fits[0].examples.slice(0, 4).map(([text, meaning]) => ({ fills: text, text, meaning }))
    : fits.map((one) => ({ fills: `${one.slash} `, text: `${one.slash} ${one.usage_hint}`, meaning: one.description }));
  state.options = state.options.filter((one) => one.fills.startsWith(field.value) && one.fills !== field.value || !isTyped);
  state.picked = -1;
  draw(parts);
  list.hidden = state.options.length === 0;
  field.setAttribute('aria-expanded', String(!list.hidden));
}

function draw(parts) {
  const { list, field, state } = parts;
  fill(list, state.options.map((option, index) => el(`div.suggestion${index === state.picked ? '.picked' : ''}`, {
    id: `${list.id}-${index}`, role: 'option', 'aria-selected': String(index === state.picked),
    on: { mousedown: (event) => { event.preventDefault(); complete(parts, index); } },
  }, el('code', {}, option.text), el('span.quiet', {}, option.meaning))));
  if (state.picked < 0) field.removeAttribute('aria-activedescendant');
  else field.setAttribute('aria-activedescendant', `${list.id}-${state.picked}`);
}

function complete(parts, index) {
  parts.field.value = parts.state.options[index].fills;
  suggest(parts);
}

function hide({ list, field, state }) {
  list.hidden = true;
  state.picked = -1;
  field.setAttribute('aria-expanded', 'false');
  field.removeAttribute('aria-activedescendant');
}

function press(event, parts, form) {
  const { list, state } = parts;
  const isOpen = !list.hidden;
  if (event.isComposing) return;
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    if (isOpen && state.picked >= 0) complete(parts, state.picked); else form.requestSubmit();
  } else if (event.key === 'Tab' && isOpen && !event.shiftKey && state.options.length) {
    event.preventDefault();
    complete(parts, Math.max(0, state.picked));
  } else if (event.key === 'Escape' && isOpen) {
    hide(parts);
  } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
    move(event, parts, event.key === 'ArrowUp' ? -1 : 1);
  }
}

/** Through the suggestions while they are open, else through what was typed before. */
function move(event, parts, step) {
  const { list, state, field, model } = parts;
  if (!list.hidden && state.past < 0 && field.value) {
    event.preventDefault();
    state.picked = (state.picked + step + state.options.length + (state.picked < 0 && step < 0 ? 1 : 0)) % state.options.length;
    draw(parts);
    return;
  }
  const past = readPast(model.person);
  const next = state.past - step;
  if ((state.past < 0 && field.value) || next >= past.length || next < -1) return;
  event.preventDefault();
  state.past = next;
  field.value = next < 0 ? '' : past[next];
  grow(field);
  hide(parts);
}

async function submit(parts) {
  const { model, field, thread, state } = parts;
  const text = field.value.trim();
  if (!text) return;
  if (text.startsWith('/') && thread()) { notify('Slack runs no slash commands in a thread. Type it in the channel.'); return; }
  const [user, channel] = [model.person, model.channel];
  keepPast(user, text);
  field.value = '';
  state.past = -1;
  grow(field);
  hide(parts);
  try {
    if (text.startsWith('/')) await order('rehearsal/command', { user, text, channel });
    else await order('rehearsal/say', { user, text, channel, thread_ts: thread() });
  } catch (error) {
    if (!field.value) field.value = text;
    notify(error.message);
  }
}

function grow(field) {
  field.rows = Math.min(6, field.value.split('\n').length);
}

function readPast(person) {
  try { return JSON.parse(sessionStorage.getItem(`past:${person}`) ?? '[]'); } catch { return []; }
}

function keepPast(person, text) {
  const past = [text, ...readPast(person).filter((one) => one !== text)].slice(0, MOST_KEPT);
  sessionStorage.setItem(`past:${person}`, JSON.stringify(past));
}
