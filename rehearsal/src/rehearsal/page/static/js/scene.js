// Where a written scene stands, for those who watch it.

import { announce, byId, el, fill } from './dom.js';

export function showScene(model) {
  model.on('scene', () => {
    const { scene } = model;
    const node = byId('scene');
    node.hidden = !scene;
    if (!scene) return;
    fill(node,
      el('div.scene-head', {}, el('strong', {}, scene.title), el('span.quiet', {}, scene.is_over ? 'The scene is over; go on yourself.' : `step ${scene.step} of ${scene.steps}`)),
      scene.message && el('p', {}, scene.message),
      scene.now && el('p.scene-now', {}, el('code', {}, scene.now)),
      el('progress', { max: scene.steps, value: scene.step, 'aria-label': 'How far the scene is' }));
    announce(`${scene.message} ${scene.now}`);
  });
}
