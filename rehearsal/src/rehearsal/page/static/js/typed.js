// What somebody is typing outlives a redraw, as in Slack: a field that stays keeps its words and its caret.

const FIELDS = 'input.input:not(.select-field), textarea.input';
const begun = new WeakMap();

/** Draws the node anew. A field of the same block and action that was written in keeps what stands in it. */
export function keepTyped(node, draw) {
  const written = new Map();
  for (const field of node.querySelectorAll(FIELDS)) {
    if (begun.has(field) && begun.get(field) !== field.value) written.set(nameOf(field), [field.value, field.selectionStart, field.selectionEnd]);
  }
  draw();
  for (const field of node.querySelectorAll(FIELDS)) {
    begun.set(field, field.value);
    const kept = written.get(nameOf(field));
    if (!kept) continue;
    [field.value] = kept;
    if (kept[1] !== null) field.setSelectionRange(kept[1], kept[2]);
  }
}

function nameOf(field) {
  return `${field.closest('[data-block]')?.dataset.block}:${field.dataset.key}`;
}
