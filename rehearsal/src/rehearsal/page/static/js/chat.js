// The conversation: what stands in a channel, and the field to write in.

import { byId, el, fill, keepFocus } from './dom.js';
import { makeComposer } from './composer.js';
import { drawHome, drawHomeTabs } from './home.js';
import { drawMessage, keyOf } from './messages.js';
import { drawHint } from './hint.js';

export function showChat(model) {
  const list = el('div.messages', { role: 'log', 'aria-label': 'Messages', tabindex: 0 });
  const title = el('div.chat-title');
  const composer = makeComposer(model);
  const home = el('div.home', { hidden: true });
  const column = el('div.column', {}, title, home, list, composer.node);
  byId('chat').append(column);
  stayAtEnd(list);
  const nodes = new Map();
  const drawAll = () => {
    drawTitle(title, model);
    const isHome = model.channel === 'home';
    [home.hidden, list.hidden, composer.node.hidden] = [!isHome, isHome, isHome];
    if (isHome) drawHome(home, model);
    nodes.clear();
    fill(list);
    if (model.isLoaded && !isHome) update(list, nodes, model, []);
    list.scrollTop = list.scrollHeight;
    composer.update();
  };
  model.on('person place', drawAll);
  model.on('farm', () => {
    const hint = list.querySelector('section.hint-card');
    if (hint) keepFocus(hint, () => { const again = drawHint(model); hint.replaceWith(again); return again; });
  });
  model.on('workspace', ({ changed, isFirst }) => {
    if (isFirst) { drawAll(); return; }
    keepFocus(title, () => { drawTitle(title, model); });
    if (model.channel === 'home') drawHome(home, model); else update(list, nodes, model, changed);
  });
  return composer;
}

/** Whoever is at the end stays there when the list gets narrower or lower. */
function stayAtEnd(list) {
  let isAtEnd = true;
  list.addEventListener('scroll', () => { isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80; });
  new ResizeObserver(() => { if (isAtEnd) list.scrollTop = list.scrollHeight; }).observe(list);
}

function drawTitle(node, model) {
  const place = model.place();
  const notes = [];
  if (place?.is_archived) notes.push('archived');
  if (place?.is_ext_shared) notes.push('shared with another company');
  if (place?.kind === 'private') notes.push('private');
  const name = model.channel === 'home' ? 'Logoff Bot' : place?.name ?? '';
  fill(node, el('h2', {}, name), drawHomeTabs(model),
    place && place.kind !== 'direct' && el('span.quiet', {}, `${place.members.length} members${notes.length ? `, ${notes.join(', ')}` : ''}`));
}

/** Draws what is new or was drawn anew, and leaves the rest alone. */
function update(list, nodes, model, changed) {
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const all = model.messagesIn(model.channel);
  const replies = groupReplies(all);
  const touched = new Set(changed);
  for (const one of all) if (touched.has(keyOf(one)) && isReply(one)) touched.add(`${one.channel}:${one.thread_ts}`);
  const shown = all.filter((one) => !isReply(one));
  const keys = new Set(shown.map(keyOf));
  for (const [key, node] of nodes) if (!keys.has(key)) { node.remove(); nodes.delete(key); }
  list.querySelector('.hint-card')?.remove();
  for (const message of shown) place(list, nodes, message, touched, model, replies.get(message.ts) ?? []);
  if (!shown.length) list.append(drawHint(model));
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

function place(list, nodes, message, touched, model, replies) {
  const key = keyOf(message);
  const before = nodes.get(key);
  if (before && !touched.has(key)) return;
  const node = drawMessage(message, model, replies);
  nodes.set(key, node);
  if (!before) { list.append(node); return; }
  if (before.dataset.version !== node.dataset.version) node.classList.add('fresh');
  keepFocus(before, () => { before.replaceWith(node); return node; });
}

function isReply(message) {
  return message.thread_ts !== null && message.thread_ts !== message.ts;
}

function groupReplies(messages) {
  const groups = new Map();
  for (const one of messages.filter(isReply)) groups.set(one.thread_ts, [...(groups.get(one.thread_ts) ?? []), one]);
  return groups;
}
