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

/** The two tabs of the app's own place; nothing anywhere else. */
export function drawHomeTabs(model) {
  const direct = findDirect(model);
  if (model.channel !== 'home' && model.channel !== direct?.id) return null;
  const tab = (name, words, place) => el('button.home-tab', {
    type: 'button', 'aria-current': model.channel === place ? 'page' : null, data: { key: `tab:${name}` }, on: { click: () => openHome(model, name) },
  }, words);
  return el('span.home-tabs', {}, tab('home', 'Home', 'home'), direct && tab('messages', 'Messages', direct.id));
}

function findDirect(model) {
  return [...model.channels.values()].find((one) => one.kind === 'direct' && one.members.some((id) => model.people.get(id)?.is_bot));
}

/** The app hears of it, as it does when somebody opens the tab in Slack. */
export async function openHome(model, tab = 'home') {
  model.goTo(tab === 'home' ? 'home' : findDirect(model).id);
  try {
    await order('rehearsal/home', { user: model.person, tab });
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
