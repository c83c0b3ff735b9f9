// Block Kit as elements of the page. `scene` says what an element's use does: see `elements.js`.

import { el } from './dom.js';
import { drawElement } from './elements.js';
import { drawField } from './fields.js';
import { drawImage } from './image.js';
import { drawRichText } from './rich.js';
import { drawTable } from './table.js';
import { drawPlain, drawText } from './text.js';
import { cannotDraw } from './unknown.js';

export function drawBlocks(blocks, use) {
  return blocks.map((block) => drawBlock(block, use));
}

function drawBlock(block, use) {
  const { model } = use;
  switch (block.type) {
    case 'header': return el('h3.block-header', {}, drawPlain(block.text));
    case 'section': return drawSection(block, use);
    case 'context': return el('div.context', {}, block.elements.map((one) => drawContext(one, model)));
    case 'actions': return el('div.actions', {}, block.elements.map((one) => drawElement(one, block, use)));
    case 'divider': return el('hr');
    case 'rich_text': return drawRichText(block, model);
    case 'table': return drawTable(block, model);
    case 'image': return drawImage(block);
    case 'input': return drawField(block, use);
    case 'markdown': return el('pre.markdown', { tabindex: 0 }, block.text);
    default: return cannotDraw(block.type, block);
  }
}

function drawSection(block, use) {
  const fields = (block.fields ?? []).map((one) => el('div.field', {}, drawText(one, use.model)));
  return el('div.section', {},
    el('div.section-text', {},
      block.text && el('div', {}, drawText(block.text, use.model)),
      fields.length > 0 && el('div.section-fields', {}, fields)),
    block.accessory && el('div.accessory', {}, drawElement(block.accessory, block, use)));
}

function drawContext(element, model) {
  if (element.type === 'image') return drawImage(element);
  return el('span', {}, drawText(element, model));
}
