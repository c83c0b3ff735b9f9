// Questions and short notices. A dialogue keeps the focus in itself, and Escape says no.

import { byId, el } from './dom.js';
import { drawPlain, drawText } from './text.js';

/** A confirm dialogue as Slack shows it; true when the person says yes. */
export function ask(confirm, model) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const style = confirm.style === 'danger' ? '.danger' : '.primary';
    const dialog = el('dialog.dialog', { 'aria-labelledby': 'confirm-title' },
      el('h2', { id: 'confirm-title' }, drawPlain(confirm.title)),
      el('div.dialog-text', {}, drawText(confirm.text, model)),
      el('div.dialog-buttons', {},
        el('button.button', { type: 'button', on: { click: () => dialog.close('no') } }, drawPlain(confirm.deny)),
        el(`button.button${style}`, { type: 'button', autofocus: true, on: { click: () => dialog.close('yes') } }, drawPlain(confirm.confirm))));
    dialog.addEventListener('close', () => { dialog.remove(); before?.focus(); resolve(dialog.returnValue === 'yes'); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Something went otherwise than the person wanted; it stays until it is closed, or for a while. */
export function notify(text) {
  const note = el('div.toast', { role: 'alert' }, el('span', {}, text));
  const shut = el('button.icon', { type: 'button', 'aria-label': 'Close this notice', on: { click: () => note.remove() } }, '×');
  note.append(shut);
  byId('toasts').append(note);
  setTimeout(() => note.remove(), 12_000);
}
