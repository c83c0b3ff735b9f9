// A thread: a panel beside the conversation, and on a phone a view of its own with a way back.

import { byId, el, fill } from './dom.js';
import { makeComposer } from './composer.js';
import { drawMessage, keyOf } from './messages.js';

export function showThread(model) {
  const panel = byId('thread');
  panel.addEventListener('keydown', (event) => { if (event.key === 'Escape') leave(model); });
  const draw = (changed = null) => {
    panel.hidden = model.thread === null;
    document.body.classList.toggle('has-thread', !panel.hidden);
    drawThread(panel, model, changed);
  };
  model.on('person place thread', () => draw());
  model.on('workspace', ({ changed, isFirst }) => { if (isFirst || changed.length) draw(isFirst ? null : changed); });
}

/** The focus goes back to where the thread was opened. */
function leave(model) {
  const key = `${model.channel}:${model.thread}`;
  model.openThread(null);
  const message = [...document.querySelectorAll('.column .message')].find((one) => one.dataset.message === key);
  (message?.querySelector('[data-key="thread"]') ?? byId('composer-text')).focus();
}

function drawThread(panel, model, changed) {
  if (model.thread === null) { fill(panel); return; }
  const all = model.messagesIn(model.channel).filter((one) => one.ts === model.thread || one.thread_ts === model.thread);
  if (changed && !all.some((one) => changed.includes(keyOf(one)))) return;
  const log = el('div.messages', { role: 'log', 'aria-label': 'Replies', tabindex: 0 }, all.map((one) => drawMessage(one, model)));
  const before = panel.querySelector('.messages');
  if (before && changed) { before.replaceWith(log); log.scrollTop = log.scrollHeight; return; }
  const composer = makeComposer(model, () => model.thread);
  const name = model.place()?.name ?? '';
  const shut = () => leave(model);
  fill(panel, el('div.chat-title', {},
    el('button.icon-button.back', { type: 'button', 'aria-label': `Back to ${name}`, on: { click: shut } }, '←'),
    el('h2', {}, 'Thread'), el('span.quiet', {}, name),
    el('button.icon-button.shut', { type: 'button', 'aria-label': 'Close the thread', on: { click: shut } }, '×')),
  log, composer.node);
  composer.update();
  composer.focus();
  log.scrollTop = log.scrollHeight;
}
