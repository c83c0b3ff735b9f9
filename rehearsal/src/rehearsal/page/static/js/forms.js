// Modals: the one on top is shown. Values go to the workspace field by field, so a reload loses nothing.

import { order, sentence } from './api.js';
import { drawBlocks } from './blocks.js';
import { notify } from './dialogs.js';
import { el, fill, keepFocus } from './dom.js';
import { makeUse } from './home.js';
import { drawPlain } from './text.js';
import { keepTyped } from './typed.js';

export function showForms(model) {
  const dialog = el('dialog.dialog.form', { 'aria-labelledby': 'form-title' });
  const state = { mark: '', errors: {}, view: null };
  document.body.append(dialog);
  dialog.addEventListener('cancel', (event) => { event.preventDefault(); close(model, state); });
  const update = () => {
    const view = model.views.at(-1) ?? null;
    const isNew = view?.id !== state.view?.id;
    if (isNew) state.errors = {};
    const mark = view ? `${view.id}:${view.hash}:${JSON.stringify(state.errors)}` : '';
    if (mark === state.mark) return;
    [state.mark, state.view] = [mark, view];
    if (!view) { dialog.close(); return; }
    keepFocus(dialog, () => keepTyped(dialog, () => { fill(dialog, drawForm(model, view, state, update)); }));
    if (!dialog.open) dialog.showModal();
    if (isNew) (dialog.querySelector('[autofocus]') ?? dialog.querySelector('.form-body :is(input, textarea, button)'))?.focus();
  };
  model.on('workspace person', update);
}

function drawForm(model, view, state, update) {
  const use = Object.assign(makeUse(model, view), { errors: state.errors });
  const send = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (form.getAttribute('aria-busy') === 'true') return;
    document.activeElement?.blur();
    setBusy(form, true);
    await use.pending;
    await submit(model, view, state);
    setBusy(form, false);
    update();
    const wrong = document.querySelector('dialog.form [aria-invalid]');
    (wrong?.matches('fieldset') ? wrong.querySelector('input') : wrong)?.focus();
  };
  const shut = () => close(model, state);
  const below = model.views.at(-2);
  return el('form', { novalidate: true, on: { submit: send } },
    el('div.form-head', {}, el('span.avatar.app', { 'aria-hidden': 'true' }), el('h2', { id: 'form-title' }, drawPlain(view.title)),
      el('button.icon-button', { type: 'button', 'aria-label': 'Close this form', on: { click: shut } }, '×')),
    below && el('p.form-below', {}, 'Above “', drawPlain(below.title), '”'),
    el('div.form-body', { tabindex: -1 }, drawBlocks(view.blocks, use)),
    el('div.dialog-buttons', {},
      el('button.button', { type: 'button', on: { click: shut } }, view.close ? drawPlain(view.close) : below ? 'Back' : 'Close'),
      view.submit && el('button.button.primary', { type: 'submit' }, drawPlain(view.submit))));
}

/** Until the app has answered the button turns, and the form is not sent a second time. */
function setBusy(form, is) {
  form.setAttribute('aria-busy', String(is));
  form.querySelector('[type="submit"]')?.classList.toggle('busy', is);
}

async function submit(model, view, state) {
  try {
    const answer = await order('rehearsal/submit', { user: model.person, view_id: view.id });
    state.errors = answer.errors;
    if (answer.error && answer.error !== 'invalid_fields') notify(sentence(answer.error));
  } catch (error) {
    notify(error.message);
  }
}

async function close(model, state) {
  if (!state.view) return;
  try {
    await order('rehearsal/close', { user: model.person, view_id: state.view.id, everything: state.view.clear_on_close });
  } catch (error) {
    notify(error.message);
  }
}
