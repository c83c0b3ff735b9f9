// The first thing that somebody reads who has never been here.

import { el } from './dom.js';

const FIRST = '/logoff comp1 id=3 --sync';

export function drawHint(model) {
  const place = model.place();
  if (!place || place.is_archived || place.is_ext_shared) return el('p.hint-card.quiet', {}, 'Nothing was said here yet.');
  const put = () => model.tell('hint', { text: FIRST });
  return el('section.hint-card', { 'aria-label': 'How to begin' },
    el('h3', {}, 'Log somebody off'),
    el('p', {}, 'alice left session 3 on comp1 hours ago. Type this, press Enter, and read the card before you press its button:'),
    el('button.hint-command', { type: 'button', on: { click: put } }, el('code', {}, FIRST), el('span', {}, 'Put it into the field')),
    el('p.quiet', {}, 'The people and the hosts are invented and live on this machine; the bot is the real one.'));
}
