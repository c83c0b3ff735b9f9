// Slack's mrkdwn as a tree. Pure: knows no page and no people. Nothing that it returns is markup; text is text.
//
//   {type: 'text', text}   {type: 'code', text}   {type: 'pre', text}   {type: 'break'}   {type: 'emoji', name}
//   {type: 'bold' | 'italic' | 'strike' | 'quote', children}
//   {type: 'user' | 'channel' | 'group', id, label}   {type: 'broadcast', name}
//   {type: 'link', url, label}   {type: 'date', seconds, format, url, fallback}

const TOKEN = /<([^<>\n]+)>/y;
const LINK = /^(https?:\/\/|mailto:|tel:|slack:\/\/)/i;
const BROADCASTS = new Set(['here', 'channel', 'everyone', 'group']);
const STYLES = { '*': 'bold', _: 'italic', '~': 'strike' };

/** The tree of a whole text. */
export function parse(text) {
  return text.split(/(```[\s\S]+?```)/).flatMap((part, index) => (index % 2 ? [readPre(part)] : readLines(part)));
}

/** The three entities that Slack knows, once. */
export function unescape(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function readPre(part) {
  return { type: 'pre', text: unescape(part.slice(3, -3).replace(/^\n/, '').replace(/<([^<>|\n]+)(?:\|([^<>\n]*))?>/g, (_, url, label) => label ?? url)) };
}

function readLines(text) {
  const nodes = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    if (lines[at].startsWith('&gt;&gt;&gt;')) {
      const rest = [lines[at].slice(12), ...lines.slice(at + 1)].join('\n');
      return [...nodes, { type: 'quote', children: joinLines(rest.replace(/^ /, '').split('\n')) }];
    }
    const quoted = [];
    while (at < lines.length && isQuote(lines[at])) quoted.push(lines[at++].replace(/^&gt; ?/, ''));
    if (quoted.length) {
      nodes.push({ type: 'quote', children: joinLines(quoted) });
      if (at >= lines.length) break;
    }
    if (isQuote(lines[at])) { at -= 1; continue; }
    nodes.push(...readInline(lines[at]));
    if (at < lines.length - 1) nodes.push({ type: 'break' });
  }
  return merge(nodes);
}

function isQuote(line) {
  return line.startsWith('&gt;') && !line.startsWith('&gt;&gt;&gt;');
}

function joinLines(lines) {
  return lines.flatMap((line, index) => (index ? [{ type: 'break' }, ...readInline(line)] : readInline(line)));
}

/** One line: tokens, code, styles, emoji, text. */
export function readInline(line) {
  const nodes = [];
  let plain = '';
  const flush = () => { if (plain) nodes.push(...readEmoji(plain)); plain = ''; };
  for (let at = 0; at < line.length;) {
    const found = readToken(line, at) ?? readCode(line, at) ?? readStyle(line, at);
    if (found) { flush(); nodes.push(found.node); at = found.end; } else { plain += line[at]; at += 1; }
  }
  flush();
  return nodes;
}

function readToken(line, at) {
  if (line[at] !== '<') return null;
  TOKEN.lastIndex = at;
  const match = TOKEN.exec(line);
  const node = match && makeToken(match[1]);
  return node ? { node, end: at + match[0].length } : null;
}

function makeToken(inner) {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? null : unescape(inner.slice(bar + 1));
  if (/^@[UW][A-Z0-9]+$/.test(target)) return { type: 'user', id: target.slice(1), label };
  if (/^#C[A-Z0-9]+$/.test(target)) return { type: 'channel', id: target.slice(1), label };
  if (/^!subteam\^S[A-Z0-9]+$/.test(target)) return { type: 'group', id: target.slice(9), label };
  if (target.startsWith('!date^')) return makeDate(target, label);
  if (target.startsWith('!')) return makeBroadcast(target.slice(1), label);
  return LINK.test(target) ? { type: 'link', url: unescape(target), label: label ?? unescape(target).replace(/^(mailto|tel):/i, '') } : null;
}

function makeDate(target, fallback) {
  const [, seconds, format, url] = target.split('^');
  if (!/^-?\d+$/.test(seconds ?? '') || format === undefined) return null;
  return { type: 'date', seconds: Number(seconds), format: unescape(format), url: url ? unescape(url) : null, fallback };
}

function makeBroadcast(name, label) {
  return BROADCASTS.has(name) ? { type: 'broadcast', name } : { type: 'text', text: `<${label ?? unescape(name)}>` };
}

function readCode(line, at) {
  if (line[at] !== '`') return null;
  const end = line.indexOf('`', at + 1);
  if (end <= at + 1) return null;
  const inner = line.slice(at + 1, end).replace(/<([^<>|\n]+)(?:\|([^<>\n]*))?>/g, (_, url, label) => label ?? url);
  return { node: { type: 'code', text: unescape(inner) }, end: end + 1 };
}

/** A mark opens at the edge of a word and closes at one; what it holds neither begins nor ends with a space. */
function readStyle(line, at) {
  const mark = line[at];
  if (!STYLES[mark] || !isEdge(line[at - 1]) || /[\s]|^$/.test(line[at + 1] ?? '')) return null;
  for (let end = at + 1; end < line.length; end += 1) {
    const skipped = readToken(line, end) ?? readCode(line, end);
    if (skipped) { end = skipped.end - 1; continue; }
    if (line[end] !== mark || end === at + 1 || /\s/.test(line[end - 1]) || !isEdge(line[end + 1])) continue;
    return { node: { type: STYLES[mark], children: readInline(line.slice(at + 1, end)) }, end: end + 1 };
  }
  return null;
}

function isEdge(letter) {
  return letter === undefined || !/[\p{L}\p{N}]/u.test(letter);
}

function readEmoji(plain) {
  return plain.split(/(:[a-z0-9_+'-]+:)/).filter(Boolean).map((part) => (
    /^:[a-z0-9_+'-]+:$/.test(part) ? { type: 'emoji', name: part.slice(1, -1) } : { type: 'text', text: unescape(part) }
  ));
}

function merge(nodes) {
  return nodes.reduce((all, node) => {
    const last = all.at(-1);
    if (last?.type === 'text' && node.type === 'text') last.text += node.text; else all.push(node);
    return all;
  }, []);
}
