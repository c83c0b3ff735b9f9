// Reads [{text}] from standard input and writes [{text, ours, theirs}]: what the page makes of each text, and slack-to-html.

import { escapeForSlackWithMarkdown } from 'slack-to-html';
import { formatDate } from '../../src/rehearsal/page/static/js/dates.js';
import { EMOJI } from '../../src/rehearsal/page/static/js/emoji.js';
import { parse } from '../../src/rehearsal/page/static/js/mrkdwn.js';

const NAMES = {
  users: { U0DANA0001: 'dana', U0BO000001: 'bo' },
  channels: { C0OPS00001: 'ops' },
  usergroups: { S0ONCALL01: '@oncall' },
};
const CLASSES = { bold: 'slack_bold', italic: 'slack_italics', strike: 'slack_strikethrough', quote: 'slack_block' };

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const link = (url, label) => `<a ${escape(url)}>${escape(label)}</a>`;

function write(node) {
  switch (node.type) {
    case 'text': return escape(node.text);
    case 'break': return '<br>';
    case 'code': return `<code>${escape(node.text)}</code>`;
    case 'pre': return `<pre>${escape(node.text)}</pre>`;
    case 'emoji': return EMOJI[node.name] ? `<emoji ${node.name}>` : `:${node.name}:`;
    case 'user': return person(node);
    case 'channel': return named('#', node, NAMES.channels);
    case 'group': return named('', node, NAMES.usergroups);
    case 'broadcast': return `@${node.name}`;
    case 'link': return link(node.url, node.label);
    case 'date': return date(node);
    default: return `<${CLASSES[node.type]}>${node.children.map(write).join('')}</${CLASSES[node.type]}>`;
  }
}

function person(node) {
  const name = node.label ?? NAMES.users[node.id];
  return name ? `<user>@${escape(name)}</user>` : escape(`<@${node.id}>`);
}

function named(sign, node, names) {
  const name = node.label ?? names[node.id];
  return name ? sign + escape(name) : escape(sign === '#' ? `<#${node.id}>` : `<!subteam^${node.id}>`);
}

function date(node) {
  const words = escape(formatDate(node.seconds, node.format, { timeZone: 'UTC', hour12: true }) || node.fallback);
  return `<time>${node.url ? `<a ${escape(node.url)}>${words}</a>` : words}</time>`;
}

/** Their markup in the short form above. */
function shorten(html) {
  let text = html.replaceAll('&quot;', '"').replaceAll('&#39;', "'")
    .replace(/<span title=":([^"]+):">.*?<\/span>/g, '<emoji $1>')
    .replace(/<span class="user-mention">(.*?)<\/span>/g, '<user>$1</user>')
    .replace(/<time [^>]*>/g, '<time>')
    .replace(/<a href="([^"]*)"[^>]*>/g, '<a $1>')
    .replace(/<div class="slack_code"><code>([\s\S]*?)<\/code><\/div>/g, '<pre>$1</pre>')
    .replace(/<span class="slack_code"><code>([\s\S]*?)<\/code><\/span>/g, '<code>$1</code>');
  for (let before = ''; before !== text;) {
    before = text;
    for (const name of Object.values(CLASSES)) {
      text = text.replace(new RegExp(`<(span|div) class="${name}">((?:(?!<(?:span|div)[ >])[\\s\\S])*?)</\\1>`), `<${name}>$2</${name}>`);
    }
  }
  return text;
}

/** A line break inside a block of code is a line break, however it is written. */
const settle = (html) => html.replace(/<pre>([\s\S]*?)<\/pre>/g, (whole) => whole.replaceAll('<br>', '\n')).replaceAll('\n', '<br>');

let input = '';
for await (const part of process.stdin) input += part;
const compared = JSON.parse(input).map(({ text }) => ({
  text,
  ours: settle(parse(text).map(write).join('')),
  theirs: settle(shorten(escapeForSlackWithMarkdown(text, { ...NAMES, dateTimeZone: 'UTC' }))),
}));
process.stdout.write(JSON.stringify(compared));
