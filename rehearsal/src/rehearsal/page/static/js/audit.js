// The audit log, entry by entry, as the database has it.

import { sayMoment, sayTime } from './dates.js';
import { byId, el, fill } from './dom.js';

const MARKS = { approved: '✓', started: '▶', ended: '■', refused: '⛔', cancelled: '✕', expired: '⌛', noted: '•', failed: '!' };

export function showAudit(model) {
  const count = el('span.quiet');
  const list = el('ol.entries', { tabindex: 0, 'aria-label': 'Entries, oldest first' });
  const empty = el('p.quiet.empty', {}, 'Nothing is recorded yet. Every decision will stand here.');
  fill(byId('audit'), el('div.panel-head', {}, el('h2', {}, 'Audit log'), count), empty, list);
  model.on('audit', ({ added, isFirst }) => {
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    if (isFirst) fill(list);
    for (const entry of isFirst ? model.entries : added) list.append(drawEntry(entry, !isFirst));
    while (list.children.length > 500) list.firstChild.remove();
    empty.hidden = model.entries.length > 0;
    count.textContent = model.entries.length ? `${model.entries.at(-1).seq} ${model.entries.at(-1).seq === 1 ? 'entry' : 'entries'}` : '';
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  });
}

function drawEntry(entry, isFresh) {
  const at = entry.at ? new Date(entry.at) : null;
  const about = entry.user ? `${entry.user} on ${entry.host}, session ${entry.session_id}` : entry.host;
  const named = entry.targets ? `${entry.targets} named` : '';
  const text = entry.event === 'policy_loaded' ? '' : entry.text;
  const words = [about, entry.verdict && el('strong', {}, entry.verdict), named, text, entry.reason_code, entry.reason, entry.note].filter(Boolean);
  return el(`li.entry.event-${entry.event}${isFresh ? '.fresh' : ''}`, { data: { seq: entry.seq, event: entry.event } },
    el('span.seq', {}, entry.seq),
    el('div', {},
      el('div.entry-head', {}, el('span.mark', { 'aria-hidden': 'true' }, MARKS[entry.event] ?? '·'), el('strong', {}, entry.event.replaceAll('_', ' ')),
        el('span.quiet', {}, `by ${entry.actor_name || entry.actor}`),
        at && el('time.quiet', { datetime: entry.at, title: sayMoment(at) }, sayTime(at, { withSeconds: true }))),
      words.length > 0 && el('div.entry-words', {}, words.map((word, index) => [index > 0 && ' · ', el('bdi', {}, word)]))));
}
