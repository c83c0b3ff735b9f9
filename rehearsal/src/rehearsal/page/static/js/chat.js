// The conversation: what stands in a channel, the thread beside it, the field to write in.

import { byId, el, fill, keepFocus } from './dom.js';
import { makeComposer } from './composer.js';
import { drawHome } from './home.js';
import { drawMessage, keyOf } from './messages.js';
import { drawHint } from './hint.js';

export function showChat(model) {
  const list = el('div.messages', { role: 'log', 'aria-label': 'Messages', tabindex: 0 });
  const title = el('div.chat-title');
  const composer = makeComposer(model);
  const home = el('div.home', { hidden: true });
  const thread = el('section.thread', { 'aria-label': 'Thread', hidden: true });
  const column = el('div.column', {}, title, home, list, composer.node);
  add(byId('chat'), column, thread);
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
    drawThread(thread, model);
  };
  thread.addEventListener('keydown', (event) => { if (event.key === 'Escape') leaveThread(model); });
  model.on('person place', drawAll);
  model.on('farm', () => {
    const hint = list.querySelector('section.hint-card');
    if (hint) keepFocus(hint, () => { const again = drawHint(model); hint.replaceWith(again); return again; });
  });
  model.on('thread', () => drawThread(thread, model));
  model.on('workspace', ({ changed, isFirst }) => {
    if (isFirst) { drawAll(); return; }
    if (model.channel === 'home') drawHome(home, model); else update(list, nodes, model, changed);
    if (changed.length) drawThread(thread, model, changed);
  });
  return composer;
}

function add(node, ...children) {
  node.append(...children);
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
  fill(node, el('h2', {}, name),
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

/** The focus goes back to where the thread was opened. */
function leaveThread(model) {
  const key = `${model.channel}:${model.thread}`;
  model.openThread(null);
  const message = [...document.querySelectorAll('.column .message')].find((one) => one.dataset.message === key);
  (message?.querySelector('[data-key="thread"]') ?? byId('composer-text')).focus();
}

function drawThread(node, model, changed = null) {
  node.hidden = model.thread === null;
  if (model.thread === null) { fill(node); return; }
  const all = model.messagesIn(model.channel).filter((one) => one.ts === model.thread || one.thread_ts === model.thread);
  if (changed && !all.some((one) => changed.includes(keyOf(one)))) return;
  const log = el('div.messages', { role: 'log', 'aria-label': 'Replies', tabindex: 0 }, all.map((one) => drawMessage(one, model)));
  const before = node.querySelector('.composer');
  if (before && changed) { node.querySelector('.messages').replaceWith(log); log.scrollTop = log.scrollHeight; return; }
  const composer = makeComposer(model, () => model.thread);
  const close = el('button.icon-button', { type: 'button', 'aria-label': 'Close the thread', on: { click: () => leaveThread(model) } }, '×');
  fill(node, el('div.chat-title', {}, el('h2', {}, 'Thread'), close), log, composer.node);
  composer.update();
  composer.focus();
  log.scrollTop = log.scrollHeight;
}
