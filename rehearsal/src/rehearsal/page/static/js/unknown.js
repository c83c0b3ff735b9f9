// What the page does not know is never left out: whoever looks shall see that something is missing.

import { el } from './dom.js';

export function cannotDraw(type, what) {
  return el('details.cannot-draw', {},
    el('summary', {}, `This page cannot draw “${type}”`),
    el('pre', { tabindex: 0 }, JSON.stringify(what, null, 2)));
}
