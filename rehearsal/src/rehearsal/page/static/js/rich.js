// rich_text: sections, lists, preformatted text and quotes, and what can stand in them.

import { el } from './dom.js';
import { drawDate, drawEmoji, drawGroup, drawLink, drawUser } from './text.js';
import { cannotDraw } from './unknown.js';

export function drawRichText(block, model) {
  return el('div.rich', {}, block.elements.map((element) => drawElement(element, model)));
}

function drawElement(element, model) {
  const parts = () => element.elements.map((part) => drawPart(part, model));
  switch (element.type) {
    case 'rich_text_section': return el('div.rich-section', {}, parts());
    case 'rich_text_preformatted': return el('pre', { tabindex: 0 }, parts());
    case 'rich_text_quote': return el('blockquote', {}, parts());
    case 'rich_text_list': return drawList(element, model);
    default: return cannotDraw(element.type, element);
  }
}

function drawList(list, model) {
  const start = list.style === 'ordered' && list.offset ? { start: list.offset + 1 } : {};
  const items = list.elements.map((item) => el('li', {}, drawElement(item, model)));
  return el(`${list.style === 'ordered' ? 'ol' : 'ul'}.indent-${list.indent ?? 0}`, start, items);
}

function drawPart(part, model) {
  const node = drawBare(part, model);
  const style = part.style ?? {};
  let styled = node;
  if (style.code) styled = el('code', {}, styled);
  if (style.strike) styled = el('s', {}, styled);
  if (style.italic) styled = el('em', {}, styled);
  return style.bold ? el('strong', {}, styled) : styled;
}

function drawBare(part, model) {
  switch (part.type) {
    case 'text': return document.createTextNode(part.text);
    case 'user': return drawUser(part.user_id, model);
    case 'usergroup': return drawGroup(part.usergroup_id, model);
    case 'channel': return el('span.mention', {}, model.channels.get(part.channel_id)?.name ?? part.channel_id);
    case 'broadcast': return el('span.mention.loud', {}, `@${part.range}`);
    case 'link': return drawLink(part.url, part.text);
    case 'emoji': return drawEmoji(part.name);
    case 'date': return drawDate({ seconds: part.timestamp, format: part.format, url: part.url, fallback: part.fallback });
    default: return cannotDraw(part.type, part);
  }
}
