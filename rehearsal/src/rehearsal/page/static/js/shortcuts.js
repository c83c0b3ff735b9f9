// The app's global shortcuts, behind one button beside the field to write in, when the workspace names some.

import { order } from './api.js';
import { notify } from './dialogs.js';
import { el, fill } from './dom.js';
import { makeMenu } from './menus.js';

export function makeShortcuts(model) {
  const node = el('span.shortcuts', { hidden: true });
  let drawn = '';
  model.on('workspace person', () => {
    const mark = JSON.stringify(model.shortcuts);
    if (mark === drawn) return;
    drawn = mark;
    node.hidden = model.shortcuts.length === 0;
    const items = model.shortcuts.map((one) => [
      [one.name, one.description && el('span.option-description', {}, one.description)],
      () => start(model, one.callback_id),
    ]);
    fill(node, items.length > 0 && makeMenu({ label: 'Shortcuts', sign: '⚡', key: 'shortcuts', className: 'icon-button' }, items));
  });
  return node;
}

async function start(model, callbackId) {
  try {
    await order('rehearsal/shortcut', { user: model.person, callback_id: callbackId });
  } catch (error) {
    notify(error.message);
  }
}
