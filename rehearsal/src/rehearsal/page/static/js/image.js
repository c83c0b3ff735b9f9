// Pictures, in blocks and among elements.

import { el } from './dom.js';

/** Nothing is loaded from elsewhere: a picture is named, not shown. */
export function drawImage(image) {
  return el('figure.no-image', {},
    el('span', { role: 'img', 'aria-label': image.alt_text }, `Picture: ${image.alt_text}`),
    image.title && el('figcaption', {}, image.title.text));
}
