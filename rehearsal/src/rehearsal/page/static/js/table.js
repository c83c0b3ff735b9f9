// Slack's table block. It scrolls inside itself; a column wraps its words only when its setting says so.

import { el } from './dom.js';
import { drawRichText } from './rich.js';
import { cannotDraw } from './unknown.js';

export function drawTable(block, model) {
  const settings = block.column_settings ?? [];
  const [head, ...body] = block.rows.map((row, index) => (
    el('tr', {}, row.map((cell, column) => drawCell(cell, settings[column] ?? {}, index === 0, model)))
  ));
  return el('div.table-frame', { tabindex: 0, role: 'region', 'aria-label': 'Table' },
    el('table', {}, el('thead', {}, head), el('tbody', {}, body)));
}

function drawCell(cell, { align = 'left', is_wrapped: isWrapped = false }, isHead, model) {
  return el(`${isHead ? 'th' : 'td'}.align-${align}${isWrapped ? '.wraps' : ''}`, isHead ? { scope: 'col' } : {}, drawWords(cell, model));
}

function drawWords(cell, model) {
  switch (cell.type) {
    case 'raw_text': return cell.text;
    case 'rich_text': return drawRichText(cell, model);
    default: return cannotDraw(cell.type, cell);
  }
}
