// Input blocks: a label, a field, a hint, and the error that belongs to it.

import { el, newId } from './dom.js';
import { drawElement } from './elements.js';
import { drawPlain } from './text.js';

export function drawField(block, use) {
  const [errorId, hintId] = [newId('error'), newId('hint')];
  const error = use.errors?.[block.block_id];
  const control = drawElement(block.element, block, use, block.label.text);
  const described = [error && errorId, block.hint && hintId].filter(Boolean).join(' ');
  const field = control.querySelector('[role="combobox"]') ?? control;
  if (described) field.setAttribute('aria-describedby', described);
  if (error) field.setAttribute('aria-invalid', 'true');
  return el(`div.field-block${error ? '.has-error' : ''}`, { data: { block: block.block_id } },
    el('div.field-label', { 'aria-hidden': 'true' }, drawPlain(block.label), block.optional && el('span.optional', {}, ' (optional)')),
    control,
    error && el('p.field-error', { id: errorId, role: 'alert' }, error),
    block.hint && el('p.hint', { id: hintId }, drawPlain(block.hint)));
}
