// The app's home tab, as the app published it for this person.

import { order, sentence } from './api.js';
import { drawBlocks } from './blocks.js';
import { notify } from './dialogs.js';
import { el, fill, keepFocus } from './dom.js';

let drawn = '';

/** Draws it when it changed; what somebody is typing into it stays. */
export function drawHome(node, model) {
  const home = model.home;
  const mark = `${model.person}:${home?.hash}`;
  if (drawn === mark && node.firstChild) return;
  drawn = mark;
  keepFocus(node, () => {
    fill(node, home ? drawBlocks(home.blocks, makeUse(model, home)) : el('p.quiet.empty', {}, 'The app has not published a home tab for this person.'));
  });
}

/** The app hears of it, as it does when somebody opens the tab in Slack. */
export async function openHome(model) {
  model.goTo('home');
  try {
    await order('rehearsal/home', { user: model.person });
  } catch (error) {
    notify(error.message);
  }
}

export function makeUse(model, view) {
  const use = { model, values: view.state.values, pending: Promise.resolve() };
  use.act = (block, element, value) => {
    const call = operate(model, view, block, element, value);
    use.pending = Promise.all([use.pending, call]);
    return call;
  };
  use.suggest = (block, element, value) => order('rehearsal/suggest', {
    user: model.person, view_id: view.id, block_id: block.block_id, action_id: element.action_id, value,
  });
  return use;
}

async function operate(model, view, block, element, value) {
  try {
    const ids = { view_id: view.id, block_id: block.block_id, action_id: element.action_id };
    const result = await order('rehearsal/operate', { user: model.person, ...ids, value });
    if (!result.ok) notify(sentence(result.error));
  } catch (error) {
    notify(error.body?.error === 'invalid_value' ? (error.body.errors ?? []).join(' ') : error.message);
  }
}
