// Trees of mrkdwn, and Slack's text objects, as elements of the page.

import { el } from './dom.js';
import { formatDate, sayMoment } from './dates.js';
import { EMOJI } from './emoji.js';
import { parse } from './mrkdwn.js';

const TAGS = { bold: 'strong', italic: 'em', strike: 's', quote: 'blockquote' };

/** A text object, or a bare string of mrkdwn. */
export function drawText(text, model) {
  if (typeof text === 'string') return drawNodes(parse(text), model);
  return text.type === 'mrkdwn' ? drawNodes(parse(text.text), model) : drawPlain(text);
}

export function drawPlain(text) {
  return [el('span.plain', {}, sayPlain(text))];
}

export function sayPlain(text) {
  return text.emoji === false ? text.text : withEmoji(text.text);
}

function withEmoji(words) {
  return words.replace(/:([a-z0-9_+'-]+):/g, (whole, name) => EMOJI[name] ?? whole);
}

function drawNodes(nodes, model) {
  return nodes.map((node) => drawNode(node, model));
}

function drawNode(node, model) {
  switch (node.type) {
    case 'text': return document.createTextNode(node.text);
    case 'break': return el('br');
    case 'emoji': return drawEmoji(node.name);
    case 'code': return el('code', {}, node.text);
    case 'pre': return el('pre', { tabindex: 0 }, node.text);
    case 'user': return drawUser(node.id, model, node.label);
    case 'channel': return el('span.mention', {}, model.channels.get(node.id)?.name ?? `#${node.label ?? node.id}`);
    case 'group': return drawGroup(node.id, model, node.label);
    case 'broadcast': return el('span.mention.loud', {}, `@${node.name}`);
    case 'link': return drawLink(node.url, node.label);
    case 'date': return drawDate(node);
    default: return el(TAGS[node.type], {}, drawNodes(node.children, model));
  }
}

export function drawEmoji(name) {
  return EMOJI[name] ? el('span', { role: 'img', 'aria-label': name, title: `:${name}:` }, EMOJI[name]) : document.createTextNode(`:${name}:`);
}

export function drawUser(id, model, label = null) {
  const person = model.people.get(id);
  const name = person?.profile.real_name ?? label ?? id;
  return el(`span.mention${id === model.me?.id ? '.me' : ''}`, { title: person ? `@${person.name}` : id }, `@${name}`);
}

export function drawGroup(id, model, label = null) {
  const group = model.groups.get(id);
  const isMine = group?.members.includes(model.me?.id);
  return el(`span.mention${isMine ? '.me' : ''}`, { title: group?.name ?? id }, `@${group?.handle ?? label ?? id}`);
}

/** Only the web and mail are linked to; anything else is shown as text. */
export function drawLink(url, label) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return document.createTextNode(label ?? url);
  return el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, label ?? url);
}

export function drawDate({ seconds, format, url, fallback }) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return document.createTextNode(fallback ?? '');
  const words = formatDate(seconds, format) || fallback;
  const time = el('time', { datetime: date.toISOString(), title: sayMoment(date) }, words);
  return url ? el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, time) : time;
}
