// One message as an element: who, when, for whom, what, its files and its thread.

import { drawBlocks } from './blocks.js';
import { notify } from './dialogs.js';
import { sayMoment, sayTime } from './dates.js';
import { el } from './dom.js';
import { order, sentence } from './api.js';
import { drawText } from './text.js';

export function keyOf(message) {
  return `${message.channel}:${message.ts}`;
}

/** `replies` are the messages in its thread; within the thread itself none are counted. */
export function drawMessage(message, model, replies = null) {
  const at = new Date(Number(message.ts) * 1000);
  const isApp = model.people.get(message.author)?.is_bot;
  const body = message.blocks.length ? drawBlocks(message.blocks, makeUse(message, model)) : el('div.message-text', {}, drawText(message.text, model));
  return el(`article.message${message.ephemeral ? '.ephemeral' : ''}`, {
    tabindex: -1, 'aria-label': `${message.author_name}, ${sayTime(at)}`, data: { message: keyOf(message), version: message.version },
  },
  avatar(message.author, message.author_name, isApp),
  el('div.message-main', {},
    el('div.message-head', {},
      el('strong.author', {}, message.author_name),
      isApp && el('span.badge', {}, 'APP'),
      el('time.at', { datetime: at.toISOString(), title: sayMoment(at) }, sayTime(at)),
      message.edited_at && el('span.quiet', { title: `Drawn anew at ${sayMoment(new Date(message.edited_at))}` }, '(updated)')),
    message.ephemeral && el('div.only-you', {}, 'Only visible to you'),
    body,
    message.files.map(drawFile),
    replies !== null && drawThreadLink(message, replies, model)));
}

export function avatar(id, name, isApp = false) {
  const hue = [...id].reduce((sum, letter) => (sum * 15 + letter.codePointAt(0)) % 360, 7);
  return el(`span.avatar.hue-${Math.floor(hue / 45)}${isApp ? '.app' : ''}`, { 'aria-hidden': 'true' }, isApp ? '' : [...name][0] ?? '?');
}

function makeUse(message, model) {
  const act = async (block, element, value) => {
    try {
      const result = await order('rehearsal/operate', {
        user: model.person, channel: message.channel, message_ts: message.ts, version: message.version,
        block_id: block.block_id, action_id: element.action_id, value,
      });
      if (!result.ok) notify(sentence(result.error));
    } catch (error) {
      notify(error.message);
    }
  };
  const suggest = (block, element, value) => order('rehearsal/suggest', {
    user: model.person, channel: message.channel, message_ts: message.ts, version: message.version,
    block_id: block.block_id, action_id: element.action_id, value,
  });
  return { model, act, suggest, values: message.values };
}

function drawFile(file) {
  const size = file.size < 1024 ? `${file.size} bytes` : `${(file.size / 1024).toFixed(1)} kB`;
  return el('a.file', { href: file.url_private, download: file.name },
    el('span.file-icon', { 'aria-hidden': 'true' }, /\.(\w{1,4})$/.exec(file.name)?.[1] ?? 'file'),
    el('span', {}, el('strong', {}, file.title), el('span.quiet', {}, `${file.name}, ${size}`)));
}

function drawThreadLink(message, replies, model) {
  const open = () => model.openThread(message.ts);
  if (!replies.length) {
    return !message.ephemeral && el('button.thread-start', { type: 'button', data: { key: 'thread' }, on: { click: open } }, 'Reply in thread');
  }
  const words = replies.length === 1 ? '1 reply' : `${replies.length} replies`;
  return el('button.thread-link', { type: 'button', data: { key: 'thread' }, on: { click: open } }, words);
}
