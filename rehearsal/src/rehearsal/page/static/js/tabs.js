// The tabs of a phone, each with a mark while something new stands in it that was not looked at.

import { byId, el, fill } from './dom.js';

const TABS = [['people', 'People'], ['chat', 'Chat'], ['farm', 'Hosts'], ['audit', 'Audit']];

export function showTabs(model) {
  const news = new Set();
  const buttons = new Map(TABS.map(([name, words]) => [name, el('button', { type: 'button', data: { tab: name }, on: { click: () => show(name) } },
    el('span.tab-words', {}, words), el('span.dot', { role: 'img', 'aria-label': 'unread', hidden: true }))]));
  const mark = () => {
    for (const [name, button] of buttons) button.querySelector('.dot').hidden = !(name === 'people' ? model.unread.size : news.has(name));
  };
  const note = (name) => {
    if (document.body.dataset.tab !== name) news.add(name);
    mark();
  };
  const show = (name) => {
    document.body.dataset.tab = name;
    news.delete(name);
    for (const [other, button] of buttons) button.setAttribute('aria-pressed', String(other === name));
    mark();
  };
  fill(byId('tabs'), [...buttons.values()]);
  show('chat');
  model.on('person place workspace', () => {
    buttons.get('people').querySelector('.tab-words').textContent = `As ${model.nameOf(model.me?.id) ?? model.person}`;
    mark();
  });
  model.on('workspace', ({ changed, isFirst }) => { if (!isFirst && changed.some((key) => key.startsWith(`${model.channel}:`))) note('chat'); });
  model.on('farm', ({ isFirst }) => { if (!isFirst) note('farm'); });
  model.on('audit', ({ added, isFirst }) => { if (!isFirst && added.length) note('audit'); });
  model.on('person', () => { news.delete('chat'); mark(); });
  model.on('place', () => { if (document.body.dataset.tab === 'people') show('chat'); });
}
